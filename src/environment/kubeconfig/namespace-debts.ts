import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Finding } from '../../domain/failure.ts';
import { isAlive, processStartTicks } from '../../process/process-group.ts';
import { clustersDir } from '../kind/cluster-record.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import { removeOwned } from '../kubernetes/cluster-environment.ts';
import type { ProvisionContext } from '../provider.ts';

/** That a process owes a cluster the removal of its namespaces: kept on disk, so that one that is killed does not take the knowledge along. */
interface Debt {
  readonly v: 1;
  readonly token: string;
  /** UID of the cluster's namespace kube-system. */
  readonly cluster: string;
  readonly pid: number;
  readonly startedAtTicks: number;
}

export interface NamespaceDebts {
  /** Before the first namespace is made. */
  owe(token: string, cluster: string): void;
  /** When none of them is left. */
  paid(token: string): void;
  /** Tokens of processes of this machine that died owing this cluster. */
  unpaid(cluster: string): string[];
}

export function namespaceDebts(base = join(dirname(clustersDir()), 'namespaces')): NamespaceDebts {
  const pathOf = (token: string): string => join(base, `${token}.json`);
  return {
    owe: (token, cluster) => {
      const startedAtTicks = processStartTicks(process.pid);
      const debt: Debt = { v: 1, token, cluster, pid: process.pid, startedAtTicks };
      try {
        mkdirSync(base, { recursive: true, mode: 0o700 });
        writeFileSync(pathOf(token), JSON.stringify(debt));
      } catch {
        // A home that cannot be written to is no reason not to run: the run's own clean-up needs no note.
      }
    },
    paid: (token) => {
      try {
        rmSync(pathOf(token), { force: true });
      } catch {
        // Then there was none.
      }
    },
    unpaid: (cluster) =>
      readDebts(base)
        .filter((debt) => debt.cluster === cluster && !isAlive(debt.pid, debt.startedAtTicks))
        .map(({ token }) => token),
  };
}

function readDebts(base: string): Debt[] {
  let names: string[];
  try {
    names = readdirSync(base).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const debt = JSON.parse(readFileSync(join(base, name), 'utf8')) as Debt;
      return debt.v === 1 ? [debt] : [];
    } catch {
      return [];
    }
  });
}

/** Removes what runs of this machine left here when they were killed. */
export async function payDebts(
  debts: NamespaceDebts,
  api: KubeApi,
  cluster: string,
  { progress }: Pick<ProvisionContext, 'progress'>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const token of debts.unpaid(cluster)) {
    progress(`namespaces of a run that was killed (${token}) to go`);
    try {
      await removeOwned({ api, token });
      debts.paid(token);
    } catch (error) {
      const what = `what a killed run left in the cluster is still there: ${(error as Error).message}`;
      findings.push({
        severity: 'warning',
        what,
        next: `kubectl delete namespace --selector=redfirst.dev/token=${token}`,
      });
    }
  }
  return findings;
}

import type { Finding } from '../domain/failure.ts';
import type { Profile } from '../domain/profile.ts';
import { absentTool } from '../environment/find-tool.ts';
import { providerFor } from '../environment/providers.ts';
import { type SuppliedTool, supplyTools } from '../environment/tools/supply-tools.ts';
import type { CommandInput } from './command.ts';

export interface MachineCheck {
  readonly findings: readonly Finding[];
  readonly installed: readonly SuppliedTool[];
  /** Nothing is missing, and provisioning leaves nothing behind that was not there, or is asked for all the same. */
  readonly mayProvision: boolean;
}

/** Installs what is lacking where that is asked for, checks the machine, and asks what provisioning would do. */
export async function checkMachine(
  { options, operands, signal }: CommandInput,
  profile: Profile,
  root: string,
): Promise<MachineCheck> {
  const progress = (what: string): void => void process.stderr.write(`  waiting for ${what}\n`);
  const supplied = options['fix'] === true ? await supplyTools(profile, { signal, progress }) : undefined;
  const provider = providerFor(profile);
  // Why a tool could not be installed says more than that it is not there.
  const isSaid = ({ what }: Finding): boolean =>
    supplied?.lacking.some((name) => what.startsWith(absentTool(name))) === true;
  const found = (await provider.preflight(profile, signal, root)).filter((finding) => !isSaid(finding));
  const installed = supplied?.installed ?? [];
  const findings: Finding[] = [
    ...installed.map(({ tool, version, path }) => ({
      severity: 'note' as const,
      what: `installed ${tool} ${version} as ${path}`,
    })),
    ...(supplied?.findings ?? []),
    ...found,
  ];
  const isWanted = options['provision'] === true;
  // A context that happens to be the current one may be anybody's production.
  const isMeant = profile.provider !== 'kubeconfig' || operands.length > 0 || isWanted;
  const isBad = findings.some(({ severity }) => severity === 'error');
  const foreseen = isBad || isWanted ? undefined : await provider.foresee?.(profile, { root, signal });
  if (foreseen?.ok === false) {
    const { what, next } = foreseen.failure;
    return { findings: [...findings, { severity: 'error', what, next }], installed, mayProvision: false };
  }
  const planned = foreseen?.value ?? (isBad || isMeant ? undefined : onlyLookedAt(profile));
  return {
    findings: planned === undefined ? findings : [...findings, planned],
    installed,
    mayProvision: !isBad && planned === undefined,
  };
}

function onlyLookedAt({ name }: Profile): Finding {
  return {
    severity: 'note',
    what: 'the cluster was only looked at',
    next: `\`redfirst doctor ${name}\` makes a namespace in it, boots a guest where it has KubeVirt, and removes both`,
  };
}

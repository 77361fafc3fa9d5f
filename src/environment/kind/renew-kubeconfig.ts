import { existsSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { type KindTool, runKind } from './create-cluster.ts';

const DEADLINE_MS = 60_000;

/**
 * Takes the credentials out of a node again, where the kubeconfig is lost, or has others: a certificate that has expired, say.
 * @returns whether there is something new to log in with
 */
export async function renewKubeconfig(tool: KindTool, cluster: string, kubeconfig: string): Promise<boolean> {
  const fresh = `${kubeconfig}.new`;
  await rm(fresh, { force: true });
  const exported = await runKind(tool, ['export', 'kubeconfig', '--name', cluster, '--kubeconfig', fresh], DEADLINE_MS);
  if (!exported.ok || readText(fresh) === readText(kubeconfig)) {
    await rm(fresh, { force: true });
    return false;
  }
  await rename(fresh, kubeconfig);
  return true;
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

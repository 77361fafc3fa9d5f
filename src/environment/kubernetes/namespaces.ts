import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeApi } from './api.ts';
import { clusterFailure } from './cluster-failure.ts';
import type { List, Namespace } from './objects.ts';

/** Whose a namespace is: the invocation's token. */
export const OWNER_LABEL = 'redfirst.dev/token';
export const MANAGED_LABEL = 'app.kubernetes.io/managed-by';

export interface NamespaceRequest {
  readonly prefix: string;
  readonly token: string;
  readonly labels: Readonly<Record<string, string>>;
}

const POLL_MS = 250;
/** Of a DNS label. */
const MAX_NAME = 63;

/** The name of a namespace: what tells it from others stands whole, and what is too long is taken from the prefix. */
export function namespaceName({ prefix, token }: Pick<NamespaceRequest, 'prefix' | 'token'>, suffix: string): string {
  const own = `-${token.slice(0, 12)}-${suffix}`;
  return `${prefix.slice(0, Math.max(1, MAX_NAME - own.length)).replace(/-+$/, '')}${own}`;
}

/** Makes an empty namespace of this invocation. */
export async function makeNamespace(api: KubeApi, request: NamespaceRequest, suffix: string): Promise<Result<string>> {
  const { token, labels } = request;
  const name = namespaceName(request, suffix);
  const body = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { ...labels, [OWNER_LABEL]: token, [MANAGED_LABEL]: 'redfirst' } },
  };
  const made = await api.send({ method: 'POST', path: '/api/v1/namespaces', body });
  if (made.ok) return ok(name);
  return fail(clusterFailure(`namespace ${name} could not be made: ${made.failure.message}`));
}

/**
 * Deletes namespaces and waits until they are gone. @returns what is left when the deadline has passed, each with the reason that Kubernetes gives.
 * @param patienceMs how long an API server may be silent, or refuse the credentials, before it is given up, for whoever comes back to it later
 */
export async function removeNamespaces(
  api: KubeApi,
  names: readonly string[],
  deadlineMs: number,
  patienceMs = deadlineMs,
): Promise<string[]> {
  const deadline = Date.now() + deadlineMs;
  let heardMs = Date.now();
  const refused = new Map<string, string>();
  const ask = async (name: string): Promise<void> => {
    const path = `/api/v1/namespaces/${name}?propagationPolicy=Foreground`;
    const asked = await api.send({ method: 'DELETE', path });
    if (asked.ok) refused.delete(name);
    else refused.set(name, asked.failure.message);
  };
  let left = [...names];
  for (const name of left) {
    await endGuests(api, name);
    await ask(name);
  }
  for (;;) {
    const looked = await Promise.all(left.map((name) => api.get<Namespace>(`/api/v1/namespaces/${name}`)));
    const reasons = left.flatMap((name, index) => {
      const answer = looked[index];
      if (answer === undefined || (!answer.ok && answer.failure.status === 404)) return [];
      const why = answer.ok ? terminationReason(answer.value) : answer.failure.message;
      return [{ name, why: refused.has(name) && answer.ok ? `${why} (${refused.get(name)})` : why }];
    });
    if (reasons.length === 0) return [];
    left = reasons.map(({ name }) => name);
    const now = Date.now();
    if (!looked.every((answer) => !answer.ok && answer.failure.kind !== 'status')) heardMs = now;
    if (now > deadline || now - heardMs > patienceMs) return reasons.map(({ name, why }) => `${name}: ${why}`);
    await sleep(POLL_MS);
    // An API server that was busy once would keep the namespace for good.
    for (const name of left) if (refused.has(name)) await ask(name);
  }
}

/**
 * Asks KubeVirt to end the guests of a namespace, and does not wait. The namespace's own removal deletes their launchers' pods instead, which then
 * take all of their grace period: two VMs without one took 36 s, and 13 s when KubeVirt was asked first (v1.9.0). Without KubeVirt this finds nothing.
 */
async function endGuests(api: KubeApi, namespace: string): Promise<void> {
  // A VirtualMachineInstance that goes first would be replaced by its VirtualMachine.
  for (const kind of ['virtualmachines', 'virtualmachineinstances'])
    await api.send({ method: 'DELETE', path: `/apis/kubevirt.io/v1/namespaces/${namespace}/${kind}` });
}

/** Namespaces that carry a token; without one those of every invocation, dead ones among them. */
export async function ownedNamespaces(api: KubeApi, token?: string): Promise<Result<string[]>> {
  const selector = token === undefined ? `${MANAGED_LABEL}=redfirst` : `${OWNER_LABEL}=${token}`;
  const path = `/api/v1/namespaces?labelSelector=${encodeURIComponent(selector)}`;
  const found = await api.get<List<Namespace>>(path);
  if (!found.ok) return fail(clusterFailure(`namespaces could not be listed: ${found.failure.message}`));
  return ok(found.value.items.map(({ metadata }) => metadata.name));
}

/** What keeps a namespace from going, in Kubernetes' words. */
function terminationReason({ status }: Namespace): string {
  const telling = (status?.conditions ?? []).filter(
    ({ type, status: state }) => state === 'True' && /ContentRemaining|FinalizersRemaining|Failure/.test(type),
  );
  const said = telling.map(({ message, reason }) => message ?? reason ?? '').filter((text) => text !== '');
  return said.length === 0 ? `still ${status?.phase ?? 'there'}` : said.join('; ');
}

import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../../domain/failure.ts';
import type { ApiFailure, KubeApi } from '../kubernetes/api.ts';
import type { List, Namespace, ObjectMeta } from '../kubernetes/objects.ts';

/** A kind of object that lives in namespaces, by the path of its API and its plural name. */
export interface NamespacedResource {
  /** `/api/v1`, `/apis/apps/v1`. */
  readonly base: string;
  readonly name: string;
  readonly verbs: readonly string[];
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

interface GroupList {
  readonly groups?: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[];
}

const POLL_MS = 100;

/**
 * Does by hand what the namespace controller does in a cluster: where it does not run, a deleted namespace stays Terminating for ever, with all
 * in it. Deletes the namespaces, so that nothing new gets in; deletes what is in them, of every kind; takes finalizers off, since the
 * controllers that would have were the suite's own and are gone; and finalizes them only when they were found empty.
 *
 * @returns what is left when the deadline has passed, each with the reason
 */
export async function removeWithoutController(
  api: KubeApi,
  names: readonly string[],
  deadlineMs: number,
): Promise<string[]> {
  const deadline = Date.now() + deadlineMs;
  const left = await Promise.all(names.map((name) => removeOne(api, name, deadline)));
  return left.flat();
}

async function removeOne(api: KubeApi, name: string, deadline: number): Promise<string[]> {
  const path = `/api/v1/namespaces/${name}`;
  for (;;) {
    const deleted = await api.send({ method: 'DELETE', path });
    if (!deleted.ok && deleted.failure.status === 404) return [];
    const why = await emptyAndFinalize(api, name);
    const looked = await api.get<Namespace>(path);
    if (!looked.ok && looked.failure.status === 404) return [];
    if (Date.now() > deadline) return [`${name}: ${why ?? (looked.ok ? 'still there' : looked.failure.message)}`];
    await sleep(POLL_MS);
  }
}

/** One round. @returns what kept the namespace from being finalized. */
async function emptyAndFinalize(api: KubeApi, name: string): Promise<string | undefined> {
  const resources = await namespacedResources(api);
  if (!resources.ok) return resources.failure.message;
  const path = `/api/v1/namespaces/${name}`;
  const found = await Promise.all(resources.value.map((resource) => emptyOf(api, path, resource)));
  const remaining = found.flat();
  if (remaining.length > 0) return remaining.join('; ');
  const namespace = await api.get<Namespace & { spec?: object }>(path);
  if (!namespace.ok) return namespace.failure.status === 404 ? undefined : namespace.failure.message;
  // Somebody deleted it a moment ago; only a namespace that takes in nothing new is surely empty.
  if (namespace.value.metadata.deletionTimestamp === undefined) return 'it is not being deleted';
  await withoutFinalizers(api, path, namespace.value.metadata);
  const body = { ...namespace.value, metadata: { name }, spec: { ...namespace.value.spec, finalizers: [] } };
  const finalized = await api.send({ method: 'PUT', path: `${path}/finalize`, body });
  return finalized.ok ? undefined : finalized.failure.message;
}

/** Deletes all of one kind, and looks again. @returns what is still there. */
async function emptyOf(api: KubeApi, namespace: string, { base, name, verbs }: NamespacedResource): Promise<string[]> {
  const path = `${base}/${namespace.slice('/api/v1/'.length)}/${name}`;
  const before = await itemsAt(api, path);
  if (!before.ok) return [`${name} cannot be listed: ${before.failure.message}`];
  if (before.value.length === 0) return [];
  const options = { gracePeriodSeconds: 0, propagationPolicy: 'Background' };
  if (verbs.includes('deletecollection')) await api.send({ method: 'DELETE', path, body: options });
  else
    for (const { metadata } of before.value)
      await api.send({ method: 'DELETE', path: `${path}/${metadata.name}`, body: options });
  const kept = await itemsAt(api, path);
  for (const { metadata } of kept.ok ? kept.value : [])
    await withoutFinalizers(api, `${path}/${metadata.name}`, metadata);
  const after = await itemsAt(api, path);
  if (!after.ok) return [`${name} cannot be listed: ${after.failure.message}`];
  return after.value.map(({ metadata }) => `${name} ${metadata.name} is still there`);
}

async function itemsAt(
  api: KubeApi,
  path: string,
): Promise<Result<readonly { readonly metadata: ObjectMeta & { finalizers?: readonly string[] } }[], ApiFailure>> {
  const answer = await api.get<List<{ metadata: ObjectMeta }>>(path);
  // A kind that was taken away in the meantime (its CRD was deleted) has no objects.
  if (!answer.ok) return answer.failure.status === 404 ? ok([]) : answer;
  return ok(answer.value.items ?? []);
}

async function withoutFinalizers(
  api: KubeApi,
  path: string,
  metadata: ObjectMeta & { readonly finalizers?: readonly string[] },
): Promise<void> {
  if ((metadata.finalizers ?? []).length === 0) return;
  // A refusal shows itself when it is looked for the object again.
  await api.send({
    method: 'PATCH',
    path,
    body: { metadata: { finalizers: null } },
    contentType: 'application/merge-patch+json',
  });
}

/** Every kind that can be listed and deleted in a namespace, custom ones too. One that is served in several versions is named once. */
export async function namespacedResources(api: KubeApi): Promise<Result<NamespacedResource[], ApiFailure>> {
  const groups = await api.get<GroupList>('/apis');
  if (!groups.ok) return groups;
  const versions = (groups.value.groups ?? []).map((group) => group.versions.map(({ groupVersion }) => groupVersion));
  const lists = await Promise.all(
    [['v1'], ...versions].map(async (served) =>
      Promise.all(
        served.map(async (version) => {
          const base = version === 'v1' ? '/api/v1' : `/apis/${version}`;
          return { base, answer: await api.get<ResourceList>(base) };
        }),
      ),
    ),
  );
  const found: NamespacedResource[] = [];
  for (const group of lists) {
    const known = new Set<string>();
    for (const { base, answer } of group) {
      if (!answer.ok && answer.failure.status === 404) continue;
      if (!answer.ok) return fail({ ...answer.failure, message: `${base} does not answer: ${answer.failure.message}` });
      for (const { name, namespaced, verbs } of answer.value.resources ?? []) {
        if (!namespaced || name.includes('/') || known.has(name)) continue;
        if (!verbs.includes('list') || !verbs.includes('delete')) continue;
        known.add(name);
        found.push({ base, name, verbs });
      }
    }
  }
  return ok(found);
}

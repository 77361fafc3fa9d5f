import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '../../domain/failure.ts';
import type { KubeApi } from './api.ts';
import type { Kubectl } from './kubectl.ts';
import { likelyCauses } from './likely-cause.ts';
import type { KubeEvent, KubeNode, List, Pod, Vmi } from './objects.ts';

export interface DiagnosisRequest {
  readonly api: KubeApi;
  readonly kubectl: Kubectl;
  /** Emptied, then filled. */
  readonly dir: string;
  /** Namespaces that belong to the run. */
  readonly namespaces: readonly string[];
  readonly kubevirtNamespace?: string;
  /** What the health witness said; it may be over by now. */
  readonly complaints?: readonly string[];
  /** What the nodes themselves say, by file name; asked even where the API server is gone. */
  readonly nodeLogs?: () => Promise<Readonly<Record<string, string>>>;
  /** Why the API server is gone, where the provider knows better than whoever asks in vain. */
  readonly whyGone?: () => string | undefined;
  /** 45 s unless named. */
  readonly deadlineMs?: number;
}

/** The file that names what probably went wrong first; `redfirst show` prints it. */
export const LIKELY_CAUSE_FILE = 'likely-cause.txt';

const DEADLINE_MS = 45_000;
const REQUEST_MS = 5000;
/** Bounds: a diagnosis is read by a person, and stored with every failure. */
const MAX_FILE_BYTES = 256 * 1024;
const MAX_TOTAL_BYTES = 4 * 1024 * 1024;
const TAIL_LINES = 300;

/** Collects what a person would ask for first, in bounded size and time. @returns absolute path → artifact name. */
export async function diagnoseCluster(request: DiagnosisRequest): Promise<Record<string, string>> {
  const { dir, deadlineMs = DEADLINE_MS } = request;
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const files: Record<string, string> = {};
  let total = 0;
  const keep = async (name: string, text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    const cut = bytes.length > MAX_FILE_BYTES ? bytes.subarray(bytes.length - MAX_FILE_BYTES) : bytes;
    const path = join(dir, name);
    if (!path.startsWith(`${dir}/`) || cut.length === 0 || total + cut.length > MAX_TOTAL_BYTES) return;
    total += cut.length;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, cut);
    files[path] = `cluster/${name}`;
  };
  let over = false;
  const timer = setTimeout(() => {
    over = true;
  }, deadlineMs);
  try {
    await collect(request, keep, () => over);
    if (over) await keep('incomplete.txt', `the diagnosis was ended after ${deadlineMs / 1000} s\n`);
  } finally {
    clearTimeout(timer);
  }
  return files;
}

type Keep = (name: string, text: string) => Promise<void>;

async function collect(request: DiagnosisRequest, keep: Keep, over: () => boolean): Promise<void> {
  const { api, namespaces, kubevirtNamespace } = request;
  // At once: they need no API server, and are told first where the rest would fill the space or the time.
  const nodeLogs = request.nodeLogs?.();
  const gone = request.whyGone?.();
  const ready = gone === undefined ? await api.text('/readyz', REQUEST_MS) : fail({ message: gone });
  const list = async <T>(path: string): Promise<readonly T[]> => {
    if (!ready.ok || over()) return [];
    const answer = await api.get<List<T>>(path, REQUEST_MS);
    return answer.ok ? answer.value.items : [];
  };
  const each = async <T>(path: (namespace: string) => string, of: readonly string[]): Promise<T[]> =>
    (await Promise.all(of.map((namespace) => list<T>(path(namespace))))).flat();
  const all = [...namespaces, ...(kubevirtNamespace === undefined ? [] : [kubevirtNamespace])];
  const kubevirtd = kubevirtNamespace === undefined ? [] : namespaces;
  const pods = await each<Pod>((namespace) => `/api/v1/namespaces/${namespace}/pods`, all);
  const events = await each<KubeEvent>((namespace) => `/api/v1/namespaces/${namespace}/events`, all);
  const vmis = await each<Vmi>((name) => `/apis/kubevirt.io/v1/namespaces/${name}/virtualmachineinstances`, kubevirtd);
  const vms = await each<object>((name) => `/apis/kubevirt.io/v1/namespaces/${name}/virtualmachines`, kubevirtd);
  const nodes = await list<KubeNode>('/api/v1/nodes');
  const apiProblem = ready.ok ? '' : ready.failure.message;
  const own = new Set(namespaces);
  const causes = likelyCauses({
    apiProblem,
    complaints: request.complaints ?? [],
    nodes,
    pods: pods.filter(({ metadata }) => own.has(metadata.namespace ?? '')),
    vmis,
    events,
  });
  await keep(LIKELY_CAUSE_FILE, causes.map((cause) => `${cause}\n`).join(''));
  await keep('pods.txt', pods.map(describePod).join('\n'));
  await keep('events.txt', events.map(describeEvent).sort().join('\n'));
  const objects: [string, readonly object[]][] = [
    ['vmis', vmis],
    ['vms', vms],
    ['nodes', nodes],
  ];
  for (const [name, items] of objects)
    if (items.length > 0) await keep(`${name}.json`, JSON.stringify(items.map(withoutManagedFields), null, 1));
  for (const [name, text] of Object.entries((await nodeLogs) ?? {})) await keep(`nodes/${name}`, text);
  const ours = pods.filter(({ metadata }) => own.has(metadata.namespace ?? ''));
  // The run's own pods first: they are few, and nearest to the failure.
  for (const pod of [...ours, ...pods.filter((pod) => !ours.includes(pod))]) {
    if (over()) return;
    await keepLogs(api, pod, keep);
  }
  for (const pod of ours)
    if (!over() && pod.metadata.labels?.['kubevirt.io'] === 'virt-launcher') await keepDomain(request, pod, keep);
}

async function keepLogs(api: KubeApi, pod: Pod, keep: Keep): Promise<void> {
  const { name, namespace } = pod.metadata;
  // The guest's console is an init container that goes on (`guest-console-log`), as Kubernetes has sidecars.
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const { name: container, restartCount } of [...containerStatuses, ...initContainerStatuses]) {
    for (const previous of (restartCount ?? 0) > 0 ? [false, true] : [false]) {
      const query = `container=${container}&tailLines=${TAIL_LINES}&timestamps=true&previous=${previous}`;
      const log = await api.text(`/api/v1/namespaces/${namespace}/pods/${name}/log?${query}`, REQUEST_MS);
      if (log.ok) await keep(`logs/${name}/${container}${previous ? '.previous' : ''}.log`, log.value);
    }
  }
}

const VIRSH = ['virsh', '-c', 'qemu+unix:///session?socket=/var/run/libvirt/virtqemud-sock'];

async function keepDomain({ kubectl }: DiagnosisRequest, { metadata }: Pod, keep: Keep): Promise<void> {
  const exec = ['exec', '-n', metadata.namespace ?? '', metadata.name, '-c', 'compute', '--'];
  const options = { deadlineMs: REQUEST_MS };
  const names = await kubectl.run([...exec, ...VIRSH, 'list', '--all', '--name'], options);
  for (const domain of (names.ok ? names.value : '').split('\n').filter(Boolean)) {
    const xml = await kubectl.run([...exec, ...VIRSH, 'dumpxml', domain], options);
    if (xml.ok) await keep(`domains/${domain}.xml`, xml.value);
  }
}

function describePod({ metadata, spec, status }: Pod): string {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(
    ({ name, restartCount, state }) => {
      const { waiting, running, terminated } = state ?? {};
      const said =
        waiting?.reason ??
        (running === undefined ? `${terminated?.reason ?? 'unknown'} ${terminated?.exitCode ?? ''}`.trim() : 'running');
      return `${name}=${said}${(restartCount ?? 0) > 0 ? ` (restarted ${restartCount} times)` : ''}`;
    },
  );
  return `${metadata.namespace}/${metadata.name} ${status?.phase ?? '?'} on ${spec?.nodeName ?? 'no node'}: ${containers.join(', ')}`;
}

function describeEvent({
  metadata,
  type,
  reason,
  message,
  count,
  lastTimestamp,
  eventTime,
  involvedObject,
}: KubeEvent): string {
  const at = lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
  const times = (count ?? 1) > 1 ? ` (${count} times)` : '';
  return `${at} ${type} ${metadata.namespace} ${involvedObject?.kind}/${involvedObject?.name} ${reason}: ${message}${times}`;
}

function withoutManagedFields(object: object): object {
  const { metadata, ...rest } = object as { metadata?: Record<string, unknown> };
  const { managedFields: _, ...kept } = metadata ?? {};
  return { metadata: kept, ...rest };
}

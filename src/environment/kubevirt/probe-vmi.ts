import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, fail, type Result } from '../../domain/failure.ts';
import type { GuestImage, ProbeSpec } from '../../domain/profile.ts';
import type { KubeApi } from '../kubernetes/api.ts';
import type { Kubectl } from '../kubernetes/kubectl.ts';
import { likelyCauses } from '../kubernetes/likely-cause.ts';
import { MANAGED_LABEL, makeNamespace, removeNamespaces } from '../kubernetes/namespaces.ts';
import type { KubeEvent, KubeNode, List, Pod, Vmi } from '../kubernetes/objects.ts';
import { interrupted } from '../kubernetes/wait-for.ts';
import { type DomainFacts, readDomainFacts } from './domain-facts.ts';
import { tinyGuestImage } from './image-archive.ts';

export interface ProbeRequest {
  readonly api: KubeApi;
  readonly kubectl: Kubectl;
  readonly probe: ProbeSpec;
  readonly token: string;
  readonly namespacePrefix: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly progress: (what: string) => void;
  /** In place of the probe's own deadline. */
  readonly deadlineMs?: number;
}

const NAME = 'redfirst-probe';
const POLL_MS = 250;
const REMOVE_DEADLINE_MS = 60_000;
/** The container that KubeVirt streams the guest's first serial console through (`logSerialConsole`). */
const CONSOLE_CONTAINER = 'guest-console-log';

/** Boots a VirtualMachineInstance, waits for its own code to speak on the serial console, and reads from its launcher what it runs on. */
export async function bootProbe(request: ProbeRequest): Promise<Result<DomainFacts>> {
  const { api, token, namespacePrefix, namespaceLabels } = request;
  const namespace = await makeNamespace(api, { prefix: namespacePrefix, token, labels: namespaceLabels }, 'probe');
  if (!namespace.ok) return namespace;
  try {
    return await probeIn(request, namespace.value);
  } finally {
    await removeNamespaces(api, [namespace.value], REMOVE_DEADLINE_MS);
  }
}

async function probeIn(request: ProbeRequest, namespace: string): Promise<Result<DomainFacts>> {
  const { api, probe, signal, progress } = request;
  const deadlineMs = request.deadlineMs ?? probe.deadlineMs;
  progress('the probe guest to boot in KubeVirt');
  const vmis = `/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances`;
  const made = await api.send({ method: 'POST', path: vmis, body: probeVmi(probe.guest) });
  if (!made.ok) return fail(notBooted(`the probe guest was refused: ${made.failure.message}`, []));
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    if (signal.aborted) return fail(interrupted('the probe guest', signal));
    const vmi = await api.get<Vmi>(`${vmis}/${NAME}`);
    const launcher = vmi.ok ? await findLauncher(api, vmi.value) : undefined;
    if (vmi.ok && launcher !== undefined && vmi.value.status?.phase === 'Running') {
      const console_ = await readConsole(api, launcher);
      if (console_.includes(probe.ready)) return readDomainFacts(request.kubectl, launcher, vmi.value);
    }
    const failed = vmi.ok && vmi.value.status?.phase === 'Failed';
    if (failed || Date.now() > deadline) {
      const causes = await explainVmi(api, namespace);
      const after = failed ? 'failed' : `did not speak within ${Math.round(deadlineMs / 1000)} s`;
      return fail(notBooted(`the probe guest ${after}`, causes));
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** A guest as small as KubeVirt takes it: no network, no graceful end, its first serial console in the log. */
export function probeVmi(guest: ProbeSpec['guest']): object {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: NAME, labels: { [MANAGED_LABEL]: 'redfirst' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      domain: {
        memory: { guest: guest === 'own' ? '64Mi' : '512Mi' },
        ...(guest !== 'own' && 'kernelBoot' in guest ? { firmware: { kernelBoot: kernelBoot(guest) } } : {}),
        devices: {
          logSerialConsole: true,
          autoattachGraphicsDevice: false,
          autoattachMemBalloon: false,
          autoattachPodInterface: false,
          ...(diskImage(guest) === undefined ? {} : { disks: [{ name: 'disk', disk: { bus: 'virtio' } }] }),
        },
      },
      ...(diskImage(guest) === undefined
        ? {}
        : { volumes: [{ name: 'disk', containerDisk: { image: diskImage(guest) } }] }),
    },
  };
}

function diskImage(guest: ProbeSpec['guest']): string | undefined {
  if (guest === 'own') return tinyGuestImage().name;
  return 'containerDisk' in guest ? guest.containerDisk : undefined;
}

function kernelBoot({
  kernelBoot: { image, kernelPath, initrdPath, kernelArgs },
}: Extract<GuestImage, { kernelBoot: object }>): object {
  return {
    container: { image, kernelPath, ...(initrdPath === undefined ? {} : { initrdPath }) },
    ...(kernelArgs === undefined ? {} : { kernelArgs }),
  };
}

/** The pod that runs a VMI (label `kubevirt.io/created-by` = its UID). */
export async function findLauncher(api: KubeApi, vmi: Vmi): Promise<Pod | undefined> {
  const { namespace, uid } = vmi.metadata;
  const query = `labelSelector=${encodeURIComponent(`kubevirt.io/created-by=${uid}`)}`;
  const pods = await api.get<List<Pod>>(`/api/v1/namespaces/${namespace}/pods?${query}`);
  return pods.ok ? pods.value.items.find(({ status }) => status?.phase === 'Running') : undefined;
}

async function readConsole(api: KubeApi, { metadata }: Pod): Promise<string> {
  const log = await api.text(
    `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/log?container=${CONSOLE_CONTAINER}`,
  );
  return log.ok ? log.value : '';
}

/** Why a guest does not boot, in Kubernetes' and KubeVirt's words. */
async function explainVmi(api: KubeApi, namespace: string): Promise<string[]> {
  const [pods, events, vmis, nodes] = await Promise.all([
    api.get<List<Pod>>(`/api/v1/namespaces/${namespace}/pods`),
    api.get<List<KubeEvent>>(`/api/v1/namespaces/${namespace}/events`),
    api.get<List<Vmi>>(`/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances`),
    api.get<List<KubeNode>>('/api/v1/nodes'),
  ]);
  return likelyCauses({
    apiProblem: pods.ok ? '' : pods.failure.message,
    nodes: nodes.ok ? nodes.value.items : [],
    pods: pods.ok ? pods.value.items : [],
    vmis: vmis.ok ? vmis.value.items : [],
    events: events.ok ? events.value.items : [],
  });
}

function notBooted(what: string, causes: readonly string[]) {
  return {
    reason: 'environment-failed' as const,
    what,
    next:
      causes[0] === undefined
        ? 'look at its serial console, or ask for software emulation (`kubevirt.emulation: always`)'
        : `mend this first: ${causes[0]}`,
    exit: EXIT.environment,
    details: causes.map((cause) => ({ severity: 'error' as const, what: cause })),
  };
}

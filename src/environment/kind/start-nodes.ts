import { ok, type Result } from '../../domain/failure.ts';
import type { ContainerEngine, NodeContainer } from './container-engine.ts';

/** Nodes that were started with what they held before. */
export interface Awakening {
  /** When, by node: what a node, or a pod on it, said earlier no longer counts. */
  readonly startedAtMs: ReadonlyMap<string, number>;
  /** Once the rules that bridge the start are written: what takes them away again. */
  readonly bridge: Promise<() => Promise<void>>;
}

const START_DEADLINE_MS = 120_000;

/** Starts node containers, the control plane first. @param all of the cluster, where only some stood still */
export async function startNodes(
  engine: ContainerEngine,
  nodes: readonly Pick<NodeContainer, 'id' | 'name' | 'role'>[],
  all = nodes,
): Promise<Result<Awakening>> {
  const inOrder = [...nodes].sort((a, b) => rank(a.role) - rank(b.role)).map(({ id }) => id);
  const nowMs = Date.now();
  const started = await engine.run(['start', ...inOrder], { unstoppable: true, deadlineMs: START_DEADLINE_MS });
  if (!started.ok) return started;
  const startedAtMs = new Map(nodes.map(({ name }) => [name, nowMs]));
  return ok({ startedAtMs, bridge: bridgeApiService(engine, nodes, serverOf(all)) });
}

/**
 * Nodes that somebody else started since the cluster was last known to be ready: the engine after a reboot, a person, or a redfirst that was
 * killed while it waited. Undefined where none was.
 */
export function awokenSince(
  engine: ContainerEngine,
  nodes: readonly NodeContainer[],
  readyAtMs: number | undefined,
): Awakening | undefined {
  const later = nodes.filter(({ startedAt }) => Date.parse(startedAt) > (readyAtMs ?? Number.POSITIVE_INFINITY));
  if (later.length === 0) return undefined;
  const startedAtMs = new Map(later.map(({ name, startedAt }) => [name, Date.parse(startedAt)]));
  return { startedAtMs, bridge: Promise.resolve(() => inNodes(engine, later, UNBRIDGE)) };
}

function serverOf(nodes: readonly Pick<NodeContainer, 'name' | 'role'>[]): string {
  return nodes.find(({ role }) => role === 'control-plane')?.name ?? '';
}

function rank(role: string): number {
  return role === 'control-plane' ? 0 : 1;
}

/** The address of the API server's service is the first of the service range, which kind writes down for kubeadm. */
const SERVICE = `
range=$(sed -n 's/^ *serviceSubnet: *"\\{0,1\\}\\([0-9.]*\\)\\.0\\/.*/\\1/p' /kind/kubeadm.conf | head -n 1)
[ -n "$range" ] || exit 0
service="$range.1"
`;

const BRIDGE = `
while [ "$(cat /proc/1/comm)" != systemd ]; do sleep 0.1; done
${SERVICE}
to=$(getent ahostsv4 "$1" | head -n 1 | cut -d ' ' -f 1)
for chain in PREROUTING OUTPUT; do
  iptables --wait --table nat --append $chain --destination "$service" --protocol tcp --dport 443 --jump DNAT --to-destination "$to:6443"
done
iptables --wait --table nat --append POSTROUTING --destination "$to" --protocol tcp --dport 6443 --match conntrack --ctorigdst "$service" --jump MASQUERADE
`;

const UNBRIDGE = `${SERVICE}
iptables-save --table nat | grep --extended-regexp '^-A (PREROUTING|OUTPUT|POSTROUTING) ' |
  grep --fixed-strings -e "-d $service/32 -p tcp -m tcp --dport 443 -j DNAT" -e "--ctorigdst $service" |
  sed 's/^-A /-D /' | while read -r rule; do iptables --wait --table nat $rule; done
`;

const BRIDGE_DEADLINE_MS = 60_000;

/**
 * Lets the address of the API server's service lead to the API server until kube-proxy has written its own rules.
 *
 * After a restart the kubelet starts all pods at once. Whoever asks for the API before kube-proxy has written its rules sends a packet that nobody
 * translates, and the kernel keeps treating the connection so: the pod waits out a dial timeout of 30 s, and often ends with it. Where the
 * rules cannot be written that time is lost, and nothing else.
 */
async function bridgeApiService(
  engine: ContainerEngine,
  nodes: readonly Pick<NodeContainer, 'id'>[],
  server: string,
): Promise<() => Promise<void>> {
  await inNodes(engine, nodes, BRIDGE, server);
  return () => inNodes(engine, nodes, UNBRIDGE);
}

async function inNodes(
  engine: ContainerEngine,
  nodes: readonly Pick<NodeContainer, 'id'>[],
  script: string,
  ...args: readonly string[]
): Promise<void> {
  const options = { deadlineMs: BRIDGE_DEADLINE_MS, unstoppable: true };
  await Promise.all(nodes.map(({ id }) => engine.run(['exec', id, 'sh', '-c', script, 'sh', ...args], options)));
}

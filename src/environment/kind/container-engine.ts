import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import { captureProcess } from '../../process/run-process.ts';
import { absentTool } from '../find-tool.ts';
import { findExecutable } from '../qemu-binary.ts';

export type EngineName = 'docker' | 'podman';

export interface EngineOptions {
  readonly deadlineMs?: number;
  readonly input?: string;
  /** Not ended by an interrupt: clean-up goes on. */
  readonly unstoppable?: boolean;
}

/** Docker or Podman, which take the same words for most of what is asked of them here. */
export interface ContainerEngine {
  readonly name: EngineName;
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], options?: EngineOptions): Promise<Result<string>>;
}

/** A node of a kind cluster as the engine knows it. */
export interface NodeContainer {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly state: 'running' | 'paused' | 'exited' | 'created' | 'restarting' | 'dead' | string;
  /** Image id (digest of its configuration). */
  readonly imageId: string;
  readonly image: string;
  /** What of this machine is mounted where. */
  readonly mounts: readonly { readonly source: string; readonly destination: string }[];
  readonly startedAt: string;
}

const DEADLINE_MS = 60_000;
const CLUSTER_LABEL = 'io.x-k8s.kind.cluster';
const ROLE_LABEL = 'io.x-k8s.kind.role';
/** kind's variable that names the engine. */
export const KIND_PROVIDER = 'KIND_EXPERIMENTAL_PROVIDER';

/** Variables that Docker, Podman and kind need of the caller's environment to find their daemon and their settings. */
const NEEDED =
  /^(?:PATH|HOME|LANG|LC_ALL|TMPDIR|XDG_.*|DOCKER_.*|CONTAINER_.*|CONTAINERS_.*|KIND_EXPERIMENTAL_.*|HTTPS?_PROXY|NO_PROXY|https?_proxy|no_proxy)$/;

export function engineVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && NEEDED.test(entry[0])),
  );
}

/** What tells whether an engine works, and which it is. `podman version` answers even where it can make no container. */
const VERSION: Readonly<Record<EngineName, readonly string[]>> = {
  docker: ['version', '--format', '{{.Server.Version}}'],
  podman: ['info', '--format', '{{.Version.Version}}'],
};

/**
 * Finds the engine that answers. Where either would do, Docker before Podman, unless kind is told to use Podman. What a client without a
 * daemon says is kept, since it tells what to do.
 */
export async function findEngine(
  wanted: 'auto' | EngineName,
  signal?: AbortSignal,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Result<ContainerEngine>> {
  const variables = engineVariables(env);
  const said: string[] = [];
  const either: readonly EngineName[] =
    variables[KIND_PROVIDER] === 'podman' ? ['podman', 'docker'] : ['docker', 'podman'];
  for (const name of wanted === 'auto' ? either : [wanted]) {
    if (findExecutable(name, variables['PATH']) === undefined) {
      said.push(absentTool(name));
      continue;
    }
    const engine = engineOf(name, '', variables, signal);
    const version = await engine.run(VERSION[name], { deadlineMs: 20_000 });
    if (version.ok) return ok(engineOf(name, version.value.trim(), variables, signal));
    said.push(version.failure.what);
  }
  return fail({
    reason: 'tool-missing',
    what: `no container engine answers: ${said.join('; ')}`,
    next: 'start Docker (`systemctl start docker`, or `dockerd`), or install Podman; as another user: join the group docker',
    exit: EXIT.environment,
  });
}

function engineOf(
  name: EngineName,
  version: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): ContainerEngine {
  return {
    name,
    version,
    env,
    run: async (args, { deadlineMs = DEADLINE_MS, input, unstoppable = false } = {}) => {
      const { end, stdout, stderr } = await captureProcess({
        argv: [name, ...args],
        cwd: '/',
        env,
        deadlineMs,
        ...(input === undefined ? {} : { input }),
        ...(signal === undefined || unstoppable ? {} : { signal }),
      });
      if (end.cause === 'exited' && end.code === 0) return ok(stdout.toString('utf8'));
      const words = stderr.trim().split('\n').slice(-3).join('; ');
      return fail(engineFailure(`${name} ${args[0]} failed: ${words === '' ? describeEnd(end) : words}`));
    },
  };
}

/**
 * The containers of a cluster of that name, whoever made it; sorted by name. Docker lists a container while it still fills its volumes, and knows
 * it by no other word until then: whoever was interrupted in the middle would leave it behind, so that it is waited for.
 */
export async function clusterNodes(engine: ContainerEngine, cluster: string): Promise<Result<NodeContainer[]>> {
  const deadline = Date.now() + BORN_DEADLINE_MS;
  for (;;) {
    const nodes = await listNodes(engine, cluster);
    if (nodes.ok || !/no such (?:object|container)/i.test(nodes.failure.what) || Date.now() > deadline) return nodes;
    await sleep(BORN_POLL_MS);
  }
}

/** On a machine that is busy a node image's volume takes its time. */
const BORN_DEADLINE_MS = 60_000;
const BORN_POLL_MS = 500;

async function listNodes(engine: ContainerEngine, cluster: string): Promise<Result<NodeContainer[]>> {
  const ids = await engine.run(
    ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${CLUSTER_LABEL}=${cluster}`],
    { unstoppable: true },
  );
  if (!ids.ok) return ids;
  const listed = ids.value.split('\n').filter(Boolean);
  if (listed.length === 0) return ok([]);
  const inspected = await engine.run(['inspect', '--type', 'container', ...listed], { unstoppable: true });
  if (!inspected.ok) return inspected;
  return ok(readNodes(inspected.value));
}

/** Reads `docker inspect` or `podman inspect` of node containers. */
export function readNodes(json: string): NodeContainer[] {
  const containers = JSON.parse(json) as InspectedContainer[];
  return containers
    .map(({ Id, Name, Image, Config, State, Mounts }) => ({
      id: Id,
      name: Name.replace(/^\//, ''),
      role: Config.Labels?.[ROLE_LABEL] ?? '',
      state: State.Status,
      imageId: fullDigest(Image),
      image: Config.Image,
      mounts: (Mounts ?? []).map(({ Source, Destination }) => ({ source: Source, destination: Destination })),
      startedAt: State.StartedAt ?? '',
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface InspectedContainer {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly Config: { readonly Labels?: Readonly<Record<string, string>>; readonly Image: string };
  readonly State: { readonly Status: string; readonly StartedAt?: string };
  readonly Mounts?: readonly { readonly Source: string; readonly Destination: string }[];
}

/** Which of these images the engine has; undefined ids are absent ones. */
export async function imageIds(
  engine: ContainerEngine,
  images: readonly string[],
): Promise<ReadonlyMap<string, string | undefined>> {
  const found = await Promise.all(
    images.map(async (image) => {
      const id = await engine.run(['image', 'inspect', '--format', '{{.Id}}', image]);
      return [image, id.ok ? fullDigest(id.value.trim()) : undefined] as const;
    }),
  );
  return new Map(found);
}

/** Podman leaves out the algorithm, which Docker and the runtimes in nodes name. */
function fullDigest(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id;
}

export function engineFailure(
  what: string,
  next = 'read the message above; `redfirst doctor PROFILE` checks the machine',
): Failure {
  return { reason: 'environment-failed', what, next, exit: EXIT.environment };
}

import { readFileSync, statfsSync } from 'node:fs';
import type { Finding, Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { skewFindings } from '../kubernetes/version-skew.ts';

/** What was found on the machine, for `kindFindings` to judge; undefined where it could not be told. */
export interface KindMachine {
  readonly engine: { readonly name: string; readonly version: string } | undefined;
  /** Versions, or why a tool does not tell its own. */
  readonly tools: {
    readonly kind: Result<string>;
    readonly kubectl: Result<string>;
    readonly virtctl: Result<string>;
  };
  /** Whether the engine runs as an ordinary user. */
  readonly rootless: boolean;
  readonly inotifyWatches: number | undefined;
  readonly inotifyInstances: number | undefined;
  readonly cgroup: 'v1' | 'v2' | undefined;
  readonly freeBytes: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly nodeImagePresent: boolean;
  /** Images of the profile that the engine lacks. */
  readonly absentImages: readonly string[];
  /** Manifests and archives of the profile that should lie on this machine and do not. */
  readonly absentFiles: readonly string[];
}

/** What kind asks for (https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files). */
const WATCHES = 524_288;
const INSTANCES = 512;
const GIB = 1024 ** 3;
const LEAST_FREE_BYTES = 10 * GIB;
/** KubeVirt's components and a small guest on one node. */
const LEAST_MEMORY_BYTES = 4 * GIB;
/** kubelets from this minor on refuse cgroup v1 unless told otherwise (KEP 5573). */
const CGROUP_V1_REFUSED_FROM = 35;

/** What a profile needs of a machine and whether it is there; every finding says how to mend it. Pure. */
export function kindFindings(profile: KindProfile, machine: KindMachine): Finding[] {
  return [
    ...toolFindings(profile, machine),
    ...limitFindings(machine),
    ...cgroupFindings(profile, machine),
    ...rootlessFindings(profile, machine),
    ...imageFindings(profile, machine),
    ...fileFindings(machine),
  ];
}

function toolFindings(profile: KindProfile, { tools }: KindMachine): Finding[] {
  const { kind, kubectl, virtctl } = tools;
  const needed = [kind, kubectl].flatMap((tool): Finding[] =>
    tool.ok ? [] : [{ severity: 'error', what: tool.failure.what, next: tool.failure.next }],
  );
  if (profile.kubevirt === undefined) return needed;
  if (virtctl.ok) return [...needed, ...skewFindings({ virtctl: virtctl.value, kubevirt: profile.kubevirt.version })];
  const { what, next } = virtctl.failure;
  return [...needed, { severity: 'note', what: `${what}; suites get none`, next }];
}

function limitFindings({ engine, inotifyWatches, inotifyInstances, freeBytes, memoryBytes }: KindMachine): Finding[] {
  const { name = 'docker' } = engine ?? {};
  const sysctl = (key: string, value: number, wanted: number): Finding => ({
    severity: 'warning',
    what: `${key} is ${value}, kind asks for ${wanted}: pods may fail with "too many open files"`,
    next: `sysctl -w ${key}=${wanted} (and a file in /etc/sysctl.d to keep it)`,
  });
  return [
    ...(inotifyWatches !== undefined && inotifyWatches < WATCHES
      ? [sysctl('fs.inotify.max_user_watches', inotifyWatches, WATCHES)]
      : []),
    ...(inotifyInstances !== undefined && inotifyInstances < INSTANCES
      ? [sysctl('fs.inotify.max_user_instances', inotifyInstances, INSTANCES)]
      : []),
    ...(freeBytes !== undefined && freeBytes < LEAST_FREE_BYTES
      ? [
          {
            severity: 'error' as const,
            what: `${gib(freeBytes)} GiB of disk are free where containers live, a cluster takes ${gib(LEAST_FREE_BYTES)}`,
            next: `free some: \`${name} system df\`, \`${name} image prune\`, \`redfirst cluster list\``,
          },
        ]
      : []),
    ...(memoryBytes !== undefined && memoryBytes < LEAST_MEMORY_BYTES
      ? [
          {
            severity: 'warning' as const,
            what: `the machine has ${gib(memoryBytes)} GiB of memory; KubeVirt with a guest takes ${gib(LEAST_MEMORY_BYTES)}`,
            next: 'close what else runs, or use a larger machine',
          },
        ]
      : []),
  ];
}

function cgroupFindings(profile: KindProfile, { cgroup }: KindMachine): Finding[] {
  const minor = Number(/:v?1\.(\d+)/.exec(profile.image)?.[1] ?? Number.NaN);
  if (cgroup !== 'v1' || Number.isNaN(minor) || minor < CGROUP_V1_REFUSED_FROM) return [];
  if (profile.kubeadmPatches.some((patch) => /\bfailCgroupV1["']?:\s*false/.test(patch))) {
    return [
      {
        severity: 'note',
        what: `cgroup v1: the kubelet of Kubernetes 1.${minor} is told to take it (failCgroupV1: false)`,
      },
    ];
  }
  return [
    {
      severity: 'error',
      what: `this machine has cgroup v1, which the kubelet of Kubernetes 1.${minor} refuses`,
      next: 'add to kubeadmPatches: "kind: KubeletConfiguration\\nfailCgroupV1: false", take an older node image, or boot with cgroup v2',
    },
  ];
}

function rootlessFindings({ kubevirt }: KindProfile, { engine, rootless, cgroup }: KindMachine): Finding[] {
  if (engine === undefined || !rootless) return [];
  if (cgroup === 'v1')
    return [
      {
        severity: 'error',
        what: `${engine.name} runs without root, and this machine has cgroup v1: kind makes no nodes so`,
        next: `use ${engine.name} as root, or boot with cgroup v2 (https://kind.sigs.k8s.io/docs/user/rootless/)`,
      },
    ];
  if (kubevirt === undefined) return [];
  return [
    {
      severity: 'warning',
      what: `${engine.name} runs without root; KubeVirt has not been tried on such nodes`,
      next: `use ${engine.name} as root where KubeVirt does not become available`,
    },
  ];
}

function imageFindings(profile: KindProfile, { engine, nodeImagePresent, absentImages }: KindMachine): Finding[] {
  if (engine === undefined) return [];
  const pulled = `it is pulled where a registry can be reached; elsewhere load it into ${engine.name}, or name a local one`;
  const node: Finding[] = nodeImagePresent
    ? []
    : [{ severity: 'note', what: `the node image ${profile.image} is not here`, next: pulled }];
  if (absentImages.length === 0) return node;
  const [first = '', ...rest] = absentImages;
  const named = rest.length === 0 ? first : `${first} and ${rest.length} more`;
  return [
    ...node,
    {
      severity: 'note',
      what: `${named} of the profile's images are not here`,
      next: 'nodes pull them themselves, where a registry can be reached',
    },
  ];
}

/** Better said now than after the minutes that a cluster takes. */
function fileFindings({ absentFiles }: KindMachine): Finding[] {
  return absentFiles.map((path) => ({
    severity: 'error',
    what: `${path}, which the profile names, is not there`,
    next: 'put it there, or name its path (absolute, or from the root of the repository)',
  }));
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}

/** What the kernel says; undefined values where it says nothing. */
export function readMachineLimits(): Pick<
  KindMachine,
  'inotifyWatches' | 'inotifyInstances' | 'cgroup' | 'memoryBytes'
> {
  const memory = /^MemTotal:\s+(\d+) kB/m.exec(readText('/proc/meminfo') ?? '')?.[1];
  return {
    inotifyWatches: readNumber('/proc/sys/fs/inotify/max_user_watches'),
    inotifyInstances: readNumber('/proc/sys/fs/inotify/max_user_instances'),
    cgroup:
      readText('/sys/fs/cgroup/cgroup.controllers') !== undefined
        ? 'v2'
        : readText('/proc/self/cgroup') === undefined
          ? undefined
          : 'v1',
    memoryBytes: memory === undefined ? undefined : Number(memory) * 1024,
  };
}

/** Free bytes of the disk that holds a folder; undefined where it cannot be told (a remote engine's folder). */
export function freeBytesOf(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return Number(bavail) * Number(bsize);
  } catch {
    return undefined;
  }
}

function readNumber(path: string): number | undefined {
  const text = readText(path);
  return text === undefined ? undefined : Number(text.trim());
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Finding, fail, ok } from '../../../../src/domain/failure.ts';
import { missingTool } from '../../../../src/environment/find-tool.ts';
import {
  freeBytesOf,
  type KindMachine,
  kindFindings,
  readMachineLimits,
} from '../../../../src/environment/kind/preflight.ts';
import { KIND } from '../cluster-fixtures.ts';

const GIB = 1024 ** 3;
const GOOD: KindMachine = {
  engine: { name: 'docker', version: '27.0.0' },
  tools: { kind: ok('v0.33.0'), kubectl: ok('v1.36.2'), virtctl: ok('v1.9.0') },
  absentFiles: [],
  rootless: false,
  inotifyWatches: 524_288,
  inotifyInstances: 512,
  cgroup: 'v2',
  freeBytes: 50 * GIB,
  memoryBytes: 16 * GIB,
  nodeImagePresent: true,
  absentImages: [],
};
/** The machine with another version of a tool, or without it. */
const withTool = (tool: keyof KindMachine['tools'], version?: string, name: string = tool): Partial<KindMachine> => ({
  tools: { ...GOOD.tools, [tool]: version === undefined ? fail(missingTool(name)) : ok(version) },
});
const find = (machine: Partial<KindMachine>, profile: Partial<typeof KIND> = {}): Finding[] =>
  kindFindings({ ...KIND, ...profile }, { ...GOOD, ...machine });
const brief = (findings: readonly Finding[]): string[] => findings.map(({ severity, what }) => `${severity}: ${what}`);

describe('kindFindings', () => {
  it('has nothing to say of a machine that is as it should be', () => {
    expect(find({})).toEqual([]);
  });

  it.each<[string, Partial<KindMachine>, Partial<typeof KIND>, string[]]>([
    ['kind', withTool('kind'), {}, ['error: kind is not on this machine']],
    [
      'kubectl, by the name that the profile has for it',
      withTool('kubectl', undefined, '/opt/kubectl'),
      { tools: { kubectl: '/opt/kubectl', virtctl: 'virtctl' } },
      ['error: /opt/kubectl is not on this machine'],
    ],
    ['virtctl', withTool('virtctl'), {}, ['note: virtctl is not on this machine; suites get none']],
    ['a virtctl of another minor', withTool('virtctl', 'v1.8.3'), {}, ['warning: virtctl is v1.8.3, KubeVirt v1.9.0']],
    [
      'few inotify watches',
      { inotifyWatches: 8192 },
      {},
      ['warning: fs.inotify.max_user_watches is 8192, kind asks for 524288: pods may fail with "too many open files"'],
    ],
    [
      'few inotify instances',
      { inotifyInstances: 128 },
      {},
      ['warning: fs.inotify.max_user_instances is 128, kind asks for 512: pods may fail with "too many open files"'],
    ],
    [
      'a full disk',
      { freeBytes: 3.25 * GIB },
      {},
      ['error: 3.3 GiB of disk are free where containers live, a cluster takes 10.0'],
    ],
    [
      'little memory',
      { memoryBytes: 2 * GIB },
      {},
      ['warning: the machine has 2.0 GiB of memory; KubeVirt with a guest takes 4.0'],
    ],
    [
      'cgroup v1',
      { cgroup: 'v1' },
      {},
      ['error: this machine has cgroup v1, which the kubelet of Kubernetes 1.36 refuses'],
    ],
    [
      'an engine without root where KubeVirt is wanted',
      { rootless: true, engine: { name: 'podman', version: '5.2.0' } },
      {},
      ['warning: podman runs without root; KubeVirt has not been tried on such nodes'],
    ],
    [
      'an engine without root on cgroup v1, on which kind makes no nodes',
      { rootless: true, cgroup: 'v1', engine: { name: 'podman', version: '4.3.1' } },
      { image: 'kindest/node:v1.34.0' },
      ['error: podman runs without root, and this machine has cgroup v1: kind makes no nodes so'],
    ],
    ['no node image', { nodeImagePresent: false }, {}, ['note: the node image kindest/node:v1.36.1 is not here']],
    ['one image that is absent', { absentImages: ['a:1'] }, {}, ["note: a:1 of the profile's images are not here"]],
    [
      'several',
      { absentImages: ['a:1', 'b:2', 'c:3'] },
      {},
      ["note: a:1 and 2 more of the profile's images are not here"],
    ],
  ])('notices %s, and says how to mend it', (_, machine, profile, expected) => {
    const findings = find(machine, profile);
    expect(brief(findings)).toEqual(expected);
    for (const { next } of findings) expect(next).toBeTruthy();
  });

  it('names the very command that raises a limit', () => {
    expect(find({ inotifyInstances: 128 })[0]?.next).toMatch(/^sysctl -w fs\.inotify\.max_user_instances=512 /);
  });

  it('names the engine that fills the disk', () => {
    const full = { freeBytes: 0 };
    expect(find(full)[0]?.next).toMatch(/^free some: `docker system df`, `docker image prune`/);
    const podman = { name: 'podman', version: '4.3.1' };
    expect(find({ ...full, engine: podman })[0]?.next).toMatch(/^free some: `podman system df`, `podman image prune`/);
  });

  it('judges nothing by what cannot be told', () => {
    const unknown = { inotifyWatches: undefined, inotifyInstances: undefined, cgroup: undefined };
    expect(find({ ...unknown, freeBytes: undefined, memoryBytes: undefined })).toEqual([]);
  });

  it('needs no virtctl where there is no KubeVirt', () => {
    const { kubevirt: _, ...plain } = KIND;
    expect(kindFindings(plain, { ...GOOD, ...withTool('virtctl') })).toEqual([]);
    expect(kindFindings(plain, { ...GOOD, ...withTool('virtctl', 'v0.1.0') })).toEqual([]);
    expect(kindFindings(plain, { ...GOOD, rootless: true })).toEqual([]);
  });

  it('cannot compare a build of KubeVirt that is no release', () => {
    const kubevirt = { ...KIND.kubevirt, version: 'devel' } as typeof KIND.kubevirt & object;
    expect(find({}, { kubevirt })).toEqual([]);
  });

  it('says nothing of images where no engine could be asked', () => {
    expect(find({ engine: undefined, nodeImagePresent: false, absentImages: ['a:1'] })).toEqual([]);
  });
});

describe('cgroup v1', () => {
  const patch = (kubeadmPatches: string[], image = KIND.image) =>
    brief(find({ cgroup: 'v1' }, { kubeadmPatches, image }));
  const TOLD = ['note: cgroup v1: the kubelet of Kubernetes 1.36 is told to take it (failCgroupV1: false)'];

  it('does where the kubelet is told so', () => {
    expect(patch(['kind: KubeletConfiguration\nfailCgroupV1: false\n'])).toEqual(TOLD);
    expect(patch(['{"kind": "KubeletConfiguration", "failCgroupV1": false}'])).toEqual(TOLD);
  });

  it('does not where the patch says the opposite, or something else', () => {
    expect(patch(['kind: KubeletConfiguration\nfailCgroupV1: true\n'])[0]).toMatch(
      /^error: this machine has cgroup v1/,
    );
    expect(patch(['kind: KubeletConfiguration\n'])[0]).toMatch(/^error: /);
  });

  it('does with every Kubernetes before 1.35, by the tag of the node image', () => {
    expect(patch([], 'kindest/node:v1.34.9')).toEqual([]);
    expect(patch([], 'kindest/node:v1.35.0@sha256:0123')[0]).toMatch(/Kubernetes 1\.35 refuses$/);
    expect(patch([], 'registry.local:5000/node:1.40.1')[0]).toMatch(/Kubernetes 1\.40 refuses$/);
  });

  it('is not judged where the tag tells no version', () => {
    expect(patch([], 'registry.local/node:mine')).toEqual([]);
  });
});

describe('what is read of the machine', () => {
  it('is there on Linux', (ctx) => {
    ctx.skip(process.platform !== 'linux', 'there is no /proc');
    const limits = readMachineLimits();
    expect(limits.inotifyWatches).toBeGreaterThan(0);
    expect(limits.inotifyInstances).toBeGreaterThan(0);
    expect(limits.memoryBytes).toBeGreaterThan(0);
    expect(['v1', 'v2']).toContain(limits.cgroup);
  });

  it('is the free space of a folder, and undefined for one of another machine', () => {
    const dir = mkdtempSync(join(tmpdir(), 'rf-free-'));
    expect(freeBytesOf(dir)).toBeGreaterThan(0);
    rmSync(dir, { recursive: true });
    expect(freeBytesOf(join(dir, 'gone'))).toBeUndefined();
  });
});

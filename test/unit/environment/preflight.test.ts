import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/config/load.ts';
import { PROVIDERS } from '../../../src/config/profile-schema.ts';
import { type Finding, fail, ok } from '../../../src/domain/failure.ts';
import type { KindProfile, Profile } from '../../../src/domain/profile.ts';
import { missingTool } from '../../../src/environment/find-tool.ts';
import { type KindMachine, kindFindings } from '../../../src/environment/kind/preflight.ts';
import { providerFor } from '../../../src/environment/providers.ts';

let empty: string;
beforeAll(() => {
  empty = mkdtempSync(join(tmpdir(), 'rf-preflight-'));
});
afterAll(() => rmSync(empty, { recursive: true, force: true }));

async function profile(text: string): Promise<Profile> {
  const read = async () => `apiVersion: redfirst.dev/v1\n${text}\n`;
  const loaded = await loadProfile(read, 'lab', { clusters: 'clusters' } as never, () => undefined);
  if (!loaded.ok) throw new Error(loaded.failure.details?.[0]?.what ?? loaded.failure.what);
  return loaded.value.value;
}

/** Findings without a mend, though they are more than notes. */
const withoutMend = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ severity, next }) => severity !== 'note' && (next === undefined || next === ''));

/** A profile of each provider that names what is nowhere: everything that a preflight can miss is missing. */
const NOWHERE: Readonly<Record<(typeof PROVIDERS)[number], string>> = {
  host: 'provider: host',
  qemu: 'provider: qemu\nbinary: /nowhere/qemu\naccelerator: kvm',
  envtest: 'provider: envtest\nassets: /nowhere\nkubectl: /nowhere/kubectl\nmanifests: [/nowhere/crd.yaml]',
  kind: 'provider: kind\nimage: nowhere.invalid/node:v1.36.1\nkind: /nowhere/kind\nkubectl: /nowhere/kubectl\nvirtctl: /nowhere/virtctl\nkubevirt: { version: v1.9.0, operator: /nowhere/operator.yaml }\nimages: [/nowhere/images.tar]',
  kubeconfig:
    'provider: kubeconfig\nkubeconfig: /nowhere/kubeconfig\nkubectl: /nowhere/kubectl\nvirtctl: /nowhere/virtctl',
};

describe('every finding of a preflight that is more than a note says how to mend it', () => {
  it.each(PROVIDERS)('%s, where everything is missing', async (provider) => {
    const of = await profile(NOWHERE[provider]);
    const findings = await providerFor(of).preflight(of, new AbortController().signal, empty);
    expect(findings.some(({ severity }) => severity === 'error')).toBe(provider !== 'host');
    expect(withoutMend(findings)).toEqual([]);
  });

  it.each(['/bin/true', '/bin/false', '/etc/passwd'])('tools that are no such tools (%s)', async (program) => {
    for (const text of [
      `provider: qemu\nbinary: ${program}`,
      `provider: kind\nimage: nowhere.invalid/node:v1.36.1\nkind: ${program}\nkubectl: ${program}\nvirtctl: ${program}`,
      `provider: envtest\nassets: /bin\nkubectl: ${program}`,
      `provider: kubeconfig\nkubeconfig: ${program}\nkubectl: ${program}`,
    ]) {
      const of = await profile(text);
      const findings = await providerFor(of).preflight(of, new AbortController().signal, empty);
      expect(withoutMend(findings)).toEqual([]);
      expect(findings.some(({ severity }) => severity === 'error')).toBe(true);
    }
  });
});

describe('kind', () => {
  const kind = async (more = ''): Promise<KindProfile> =>
    (await profile(`provider: kind\nimage: kindest/node:v1.36.1\n${more}`)) as KindProfile;
  const fine: KindMachine = {
    engine: { name: 'docker', version: '28' },
    tools: { kind: ok('v0.32.0'), kubectl: ok('v1.36.4'), virtctl: ok('v1.9.0') },
    rootless: false,
    inotifyWatches: 524_288,
    inotifyInstances: 512,
    cgroup: 'v2',
    freeBytes: 2 ** 40,
    memoryBytes: 2 ** 40,
    nodeImagePresent: true,
    absentImages: [],
    absentFiles: [],
  };

  it('on a machine that has everything: nothing', async () => {
    expect(kindFindings(await kind('kubevirt: { version: v1.9.0 }'), fine)).toEqual([]);
  });

  const worse: readonly [string, Partial<KindMachine>, string, Finding['severity'], RegExp, RegExp][] = [
    [
      'no kind',
      { tools: { ...fine.tools, kind: fail(missingTool('kind')) } },
      '',
      'error',
      /^kind is not on this machine$/,
      /doctor --fix/,
    ],
    [
      'no kubectl',
      { tools: { ...fine.tools, kubectl: fail(missingTool('kubectl')) } },
      '',
      'error',
      /^kubectl is not/,
      /doctor --fix/,
    ],
    [
      'no virtctl',
      { tools: { ...fine.tools, virtctl: fail(missingTool('virtctl')) } },
      'kubevirt: { version: v1.9.0 }',
      'note',
      /; suites get none$/,
      /doctor --fix/,
    ],
    [
      'another virtctl',
      { tools: { ...fine.tools, virtctl: ok('v1.8.2') } },
      'kubevirt: { version: v1.9.0 }',
      'warning',
      /^virtctl is v1\.8\.2, KubeVirt v1\.9\.0$/,
      /same minor/,
    ],
    [
      'few watches',
      { inotifyWatches: 8192 },
      '',
      'warning',
      /max_user_watches is 8192/,
      /^sysctl -w fs\.inotify\.max_user_watches=524288/,
    ],
    ['few instances', { inotifyInstances: 128 }, '', 'warning', /max_user_instances is 128/, /^sysctl -w/],
    ['a full disk', { freeBytes: 2 ** 30 }, '', 'error', /^1\.0 GiB of disk are free/, /docker image prune/],
    ['little memory', { memoryBytes: 2 ** 31 }, '', 'warning', /^the machine has 2\.0 GiB/, /larger machine/],
    [
      'cgroup v1',
      { cgroup: 'v1' },
      '',
      'error',
      /cgroup v1, which the kubelet of Kubernetes 1\.36 refuses/,
      /failCgroupV1: false/,
    ],
    [
      'a manifest that is not there',
      { absentFiles: ['/op.yaml'] },
      '',
      'error',
      /^\/op\.yaml, which the profile names, is not there$/,
      /^put it there/,
    ],
    [
      'no node image',
      { nodeImagePresent: false },
      '',
      'note',
      /^the node image kindest\/node:v1\.36\.1 is not here$/,
      /load it into docker/,
    ],
    [
      'no images',
      { absentImages: ['a', 'b', 'c'] },
      '',
      'note',
      /^a and 2 more of the profile's images are not here$/,
      /nodes pull them/,
    ],
  ];
  it.each(worse)('%s', async (_, machine, more, severity, what, next) => {
    const findings = kindFindings(await kind(more), { ...fine, ...machine });
    expect(findings).toEqual([{ severity, what: expect.stringMatching(what), next: expect.stringMatching(next) }]);
  });

  it('cgroup v1 with the patch that allows it is a note', async () => {
    const patched = await kind('kubeadmPatches: ["kind: KubeletConfiguration\\nfailCgroupV1: false"]');
    expect(kindFindings(patched, { ...fine, cgroup: 'v1' })).toEqual([
      { severity: 'note', what: 'cgroup v1: the kubelet of Kubernetes 1.36 is told to take it (failCgroupV1: false)' },
    ]);
  });

  it('all of it at once: every finding has its mend', async () => {
    const tools = Object.assign({}, ...worse.map(([, machine]) => machine.tools ?? {}));
    const machine: KindMachine = Object.assign({}, fine, ...worse.map(([, one]) => one), { tools });
    const findings = kindFindings(await kind('kubevirt: { version: v1.9.0 }'), machine);
    expect(findings.length).toBeGreaterThan(8);
    expect(withoutMend(findings)).toEqual([]);
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of profiles
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProfile } from '../../../src/config/load.ts';
import { failureIn, valueIn } from '../environment/cluster-fixtures.ts';
import { CONFIG, reader, seen } from './files.ts';

const ROOT = join(import.meta.dirname, '../../..');
const load = (text: string, values: Record<string, string> = {}) =>
  loadProfile(
    reader({ 'clusters/lab.yaml': `apiVersion: redfirst.dev/v1\n${text}` }),
    'lab',
    CONFIG,
    (name) => values[name],
  );
const profile = async (text: string, values?: Record<string, string>) => valueIn(await load(text, values)).value;
const mistakes = async (text: string) => seen(await load(text)).join('\n');

const CLUSTER = {
  name: 'lab',
  tools: { kubectl: 'kubectl', virtctl: 'virtctl' },
  addons: [],
  guests: {},
  probe: { guest: 'own', ready: 'REDFIRST-GUEST-READY', deadlineMs: 180_000 },
  systems: {},
  readyDeadlineMs: 600_000,
};
const KIND = {
  ...CLUSTER,
  ...{
    provider: 'kind',
    kind: 'kind',
    engine: 'auto',
    cluster: 'redfirst-lab',
    image: 'kindest/node:v1',
    cni: 'default',
  },
  ...{ controlPlanes: 1, workers: 0, createDeadlineMs: 300_000 },
  ...{ kubeadmPatches: [], containerdPatches: [], mounts: [], images: [] },
};

describe('the smallest profile of each provider', () => {
  it.each<[string, string, object]>([
    ['host', 'provider: host\n', { name: 'lab', provider: 'host' }],
    [
      'qemu',
      'provider: qemu\n',
      {
        name: 'lab',
        provider: 'qemu',
        binary: 'qemu-system-x86_64',
        accelerator: 'auto',
        machine: 'q35',
        probeDeadlineMs: 30_000,
      },
    ],
    ['kind', 'provider: kind\nimage: kindest/node:v1\n', KIND],
    [
      'kubeconfig',
      'provider: kubeconfig\nkubeconfig: /k\n',
      {
        ...CLUSTER,
        ...{ provider: 'kubeconfig', kubeconfig: '/k', namespacePrefix: 'redfirst', namespaceLabels: {} },
        ...{ allowMutation: false, install: false },
      },
    ],
    [
      'envtest',
      'provider: envtest\n',
      {
        name: 'lab',
        provider: 'envtest',
        tools: { kubectl: 'kubectl', virtctl: '' },
        manifests: [],
        startDeadlineMs: 60_000,
      },
    ],
  ])('%s has all its defaults', async (_, text, expected) => {
    expect(await profile(text)).toEqual(expected);
  });
});

describe('a profile of kind', () => {
  it('means all that can be written', async () => {
    const text = `provider: kind
image: kindest/node:v1
cluster: mine
engine: podman
kind: /opt/kind
kubectl: /opt/kubectl
virtctl: /opt/virtctl
controlPlanes: 3
workers: 2
cni: none
podSubnet: 10.245.0.0/16
kubeadmPatches: ["a: 1"]
containerdPatches: ["b = 1"]
mounts: [{hostPath: /a, containerPath: /b}, {hostPath: /c, containerPath: /d, readOnly: false}]
images: [a:1, images.tar]
createDeadline: 10m
readyDeadline: 1h
kubevirt:
  version: v1.9.0
  operator: hack/operator.yaml
  cr: hack/cr.yaml
  namespace: kv
  emulation: always
  featureGates: [Root]
  disabledFeatureGates: [Off]
  infraReplicas: 2
  imagePullPolicy: Never
addons:
  - name: cdi
    manifests: [cdi.yaml]
    wait: [{resource: deployment/cdi, namespace: cdi}, {resource: cdi.cdi.kubevirt.io/cdi, condition: Ready}]
guests:
  disk: {containerDisk: d:1}
  kernel: {kernelBoot: {image: k:1, kernelPath: /k, initrdPath: /i, kernelArgs: quiet}}
  bare: {kernelBoot: {image: k:1, kernelPath: /k}}
probe: {guest: kernel, ready: 'login:', deadline: 5m}
systems:
  base: {}
  head:
    kubevirt: {version: v1.10.0, operator: head.yaml, cr: head-cr.yaml}
    images: [op:1]
    manifests: [op.yaml]
    wait: [{resource: deployment/op}]
`;
    const kernelBoot = { image: 'k:1', kernelPath: '/k', initrdPath: '/i', kernelArgs: 'quiet' };
    expect(await profile(text)).toEqual({
      name: 'lab',
      provider: 'kind',
      ...{ image: 'kindest/node:v1', cluster: 'mine', engine: 'podman', kind: '/opt/kind' },
      tools: { kubectl: '/opt/kubectl', virtctl: '/opt/virtctl' },
      ...{ controlPlanes: 3, workers: 2, cni: 'none', podSubnet: '10.245.0.0/16' },
      ...{ kubeadmPatches: ['a: 1'], containerdPatches: ['b = 1'], images: ['a:1', 'images.tar'] },
      mounts: [
        { hostPath: '/a', containerPath: '/b', readOnly: true },
        { hostPath: '/c', containerPath: '/d', readOnly: false },
      ],
      ...{ createDeadlineMs: 600_000, readyDeadlineMs: 3_600_000 },
      kubevirt: {
        ...{
          version: 'v1.9.0',
          operator: 'hack/operator.yaml',
          cr: 'hack/cr.yaml',
          namespace: 'kv',
          emulation: 'always',
        },
        ...{ featureGates: ['Root'], disabledFeatureGates: ['Off'], infraReplicas: 2, imagePullPolicy: 'Never' },
      },
      addons: [
        {
          name: 'cdi',
          manifests: ['cdi.yaml'],
          wait: [
            { resource: 'deployment/cdi', namespace: 'cdi', condition: 'Available' },
            { resource: 'cdi.cdi.kubevirt.io/cdi', condition: 'Ready' },
          ],
        },
      ],
      guests: {
        disk: { containerDisk: 'd:1' },
        kernel: { kernelBoot },
        bare: { kernelBoot: { image: 'k:1', kernelPath: '/k' } },
      },
      probe: { guest: { kernelBoot }, ready: 'login:', deadlineMs: 300_000 },
      systems: {
        base: { name: 'base', images: [], manifests: [], wait: [] },
        head: {
          name: 'head',
          kubevirt: { version: 'v1.10.0', operator: 'head.yaml', cr: 'head-cr.yaml' },
          images: ['op:1'],
          manifests: ['op.yaml'],
          wait: [{ resource: 'deployment/op', condition: 'Available' }],
        },
      },
    });
  });

  it('takes the machine’s values, also for the guest that the probe boots', async () => {
    const text = `provider: kind
image: \${NODE:-kindest/node:v1}
images: ["\${IMAGES:-}", c:1]
kubevirt: {version: "\${VERSION}", operator: "\${OPERATOR:-}"}
guests: {agent: {containerDisk: a:1}}
probe: {guest: "\${PROBE:-own}"}
`;
    expect(await profile(text, { VERSION: 'v1.8.0' })).toMatchObject({
      image: 'kindest/node:v1',
      images: ['c:1'],
      kubevirt: { version: 'v1.8.0' },
      probe: { guest: 'own' },
    });
    const values = {
      NODE: 'local/node:1',
      IMAGES: 'a:1 b:1',
      VERSION: 'v1.9.0',
      OPERATOR: '/srv/op.yaml',
      PROBE: 'agent',
    };
    expect(await profile(text, values)).toMatchObject({
      image: 'local/node:1',
      images: ['a:1', 'b:1', 'c:1'],
      kubevirt: { version: 'v1.9.0', operator: '/srv/op.yaml' },
      probe: { guest: { containerDisk: 'a:1' } },
    });
    expect(failureIn(await load(text)).details).toMatchObject([
      { what: 'the variable VERSION has no value on this machine' },
    ]);
  });

  it.each<[string, string, RegExp]>([
    [
      'a guest for the probe that is not there',
      'guests: {agnt: {containerDisk: a:1}}\nprobe: {guest: agent}\n',
      /there is no guest "agent" in this profile; did you mean "agnt"\?/,
    ],
    ['what every object has', 'probe: {guest: constructor}\n', /there is no guest "constructor" in this profile/],
    [
      'a gate in both lists',
      'kubevirt: {version: v1, featureGates: [A], disabledFeatureGates: [A]}\n',
      /a gate stands in featureGates and in disabledFeatureGates/,
    ],
    [
      'a guest with two sources',
      'guests: {a: {containerDisk: a, kernelBoot: {image: a, kernelPath: /k}}}\n',
      /name either "containerDisk" or "kernelBoot"/,
    ],
    ['a guest without', 'guests: {a: {}}\n', /name either "containerDisk" or "kernelBoot"/],
    ['an image that is an option', 'images: [--privileged]\n', /an image or an archive of images/],
    ['a program that is an option', 'kubectl: --kubeconfig=x\n', /a program: it starts with "-"/],
    ['a relative mount', 'mounts: [{hostPath: a, containerPath: /b}]\n', /hostPath|"a"/],
    ['no control plane', 'controlPlanes: 0\n', /controlPlanes|"0"|0/],
    ['a name that is no label', 'cluster: Red_First\n', /DNS-1123 label/],
    [
      'a resource without its name',
      'addons: [{name: a, manifests: [a], wait: [{resource: deployment}]}]\n',
      /a resource and its name/,
    ],
  ])('refuses %s', async (_, text, words) => {
    const said = await mistakes(`provider: kind\nimage: kindest/node:v1\n${text}`);
    expect(said).toMatch(words);
    expect(said).toMatch(/^clusters\/lab\.yaml:\d+:\d+: /);
  });
});

describe('profiles of the other providers', () => {
  it('mean all that can be written', async () => {
    const text =
      'provider: kubeconfig\nkubeconfig: ${KUBECONFIG}\ncontext: c\nnamespacePrefix: p\nnamespaceLabels: {a: b}\nallowMutation: true\ninstall: true\nkubevirt: {version: v1}\n';
    expect(await profile(text, { KUBECONFIG: '/k' })).toMatchObject({
      ...{
        kubeconfig: '/k',
        context: 'c',
        namespacePrefix: 'p',
        namespaceLabels: { a: 'b' },
        allowMutation: true,
        install: true,
      },
      kubevirt: { version: 'v1', namespace: 'kubevirt', emulation: 'auto' },
    });
    expect(
      await profile('provider: envtest\nassets: /a\nmanifests: [crd.yaml]\nstartDeadline: 5s\nkubectl: k\n'),
    ).toEqual({
      ...{ name: 'lab', provider: 'envtest', assets: '/a', manifests: ['crd.yaml'], startDeadlineMs: 5000 },
      tools: { kubectl: 'k', virtctl: '' },
    });
  });

  it('have no fields of one another', async () => {
    expect(await mistakes('provider: host\nimage: a\n')).toContain('unknown key "image"');
    expect(await mistakes('provider: kubeconfig\nkubeconfig: /k\nworkers: 2\n')).toContain('unknown key "workers"');
    expect(await mistakes('provider: envtest\nkubevirt: {version: v1}\n')).toContain('unknown key "kubevirt"');
  });
});

describe('the profiles of this repository', () => {
  const names = readdirSync(join(ROOT, 'clusters')).filter((name) => name.endsWith('.yaml'));
  it.each(names)('%s is read where nothing is set', async (file) => {
    const read = reader({ [`clusters/${file}`]: readFileSync(join(ROOT, 'clusters', file), 'utf8') });
    const loaded = valueIn(await loadProfile(read, file.slice(0, -5), CONFIG));
    expect(loaded.value.name).toBe(file.slice(0, -5));
  });
});

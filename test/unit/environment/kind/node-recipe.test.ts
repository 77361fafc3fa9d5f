import { expect, test } from 'vitest';
import { createArguments, type InspectedNode, readRecipe } from '../../../../src/environment/kind/node-recipe.ts';

/** What Docker 20.10 says of a node that kind v0.33 made, without what is not read. */
const NODE: InspectedNode = {
  Name: '/one-control-plane',
  Image: 'sha256:198691eb',
  Config: {
    Hostname: 'one-control-plane',
    Labels: { 'io.x-k8s.kind.cluster': 'one', 'io.x-k8s.kind.role': 'control-plane' },
    Env: ['KUBECONFIG=/etc/kubernetes/admin.conf', 'KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER', 'container=docker'],
    Tty: true,
    Image: 'kindest/node:v1.36.1',
  },
  HostConfig: {
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 1 },
    Privileged: true,
    Init: false,
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
    Tmpfs: { '/run': '', '/tmp': 'size=1g' },
    CgroupnsMode: 'private',
    UsernsMode: '',
    NetworkMode: 'kind',
    PortBindings: { '6443/tcp': [{ HostIp: '127.0.0.1', HostPort: '39437' }] },
    Devices: [{ PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rwm' }],
  },
  Mounts: [
    { Type: 'bind', Source: '/lib/modules', Destination: '/lib/modules', RW: false, Propagation: 'rprivate' },
    { Type: 'bind', Source: '/state/one/mark-old', Destination: '/kind/redfirst', RW: false, Propagation: 'rprivate' },
    { Type: 'volume', Source: '/var/lib/docker/volumes/2c10/_data', Destination: '/var', RW: true, Propagation: '' },
  ],
};

const CHOICES = {
  image: 'sha256:root',
  sources: { '/kind/redfirst': '/state/one/mark-new' },
  hostPorts: new Map([[39437, 40001]]),
};

test('a node is made again with all that kind gave it, a new mark and a free port', () => {
  expect(createArguments(readRecipe(NODE), CHOICES)).toEqual([
    ...['create', '--name', 'one-control-plane', '--hostname', 'one-control-plane', '--network', 'kind'],
    ...['--label', 'io.x-k8s.kind.cluster=one', '--label', 'io.x-k8s.kind.role=control-plane'],
    ...['--env', 'KUBECONFIG=/etc/kubernetes/admin.conf', '--env', 'container=docker'],
    ...['--restart', 'on-failure:1', '--init=false', '--tty', '--privileged', '--cgroupns', 'private'],
    ...[
      '--security-opt',
      'seccomp=unconfined',
      '--security-opt',
      'apparmor=unconfined',
      '--security-opt',
      'label=disable',
    ],
    ...['--tmpfs', '/run', '--tmpfs', '/tmp:size=1g', '--device', '/dev/fuse:/dev/fuse:rwm'],
    ...['--mount', 'type=bind,source=/lib/modules,destination=/lib/modules,readonly=true,bind-propagation=rprivate'],
    '--mount',
    'type=bind,source=/state/one/mark-new,destination=/kind/redfirst,readonly=true,bind-propagation=rprivate',
    ...['--mount', 'type=volume,destination=/var,volume-nocopy=true'],
    ...['--publish', '127.0.0.1:40001:6443/tcp'],
    'sha256:root',
  ]);
});

test('a port that is free stays, an IPv6 address stands in brackets, and no address means all', () => {
  const published = (HostIp: string) => {
    const ports = { PortBindings: { '6443/tcp': [{ HostIp, HostPort: '39437' }] } };
    const recipe = readRecipe({ ...NODE, HostConfig: { ...NODE.HostConfig, ...ports } });
    return createArguments(recipe, { ...CHOICES, hostPorts: new Map() }).at(-2);
  };
  expect(published('127.0.0.1')).toBe('127.0.0.1:39437:6443/tcp');
  expect(published('::1')).toBe('[::1]:39437:6443/tcp');
  expect(published('')).toBe('39437:6443/tcp');
});

test('a folder with a comma in its name does not become two fields of the mount', () => {
  const sources = { '/kind/redfirst': '/state/a, b/mark' };
  expect(createArguments(readRecipe(NODE), { ...CHOICES, sources })).toContain(
    'type=bind,"source=/state/a, b/mark",destination=/kind/redfirst,readonly=true,bind-propagation=rprivate',
  );
});

test('a worker, which publishes nothing and lacks what Docker leaves out, is read all the same', () => {
  const bare: InspectedNode = { Name: '/w', Image: 'i', Config: { Image: 'n' }, HostConfig: { PortBindings: null } };
  const recipe = readRecipe(bare);
  expect(recipe).toMatchObject({ name: 'w', ports: [], binds: [], volumes: [], restart: 'no', privileged: false });
  expect(createArguments(recipe, CHOICES)).not.toContain('--privileged');
});

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { countNodes, kindConfig } from '../../../../src/environment/kind/kind-config.ts';
import { KIND } from '../cluster-fixtures.ts';

const MARK = '/state/redfirst-lab/mark-1';

describe('kindConfig', () => {
  it('asks for one node that carries the mark', () => {
    expect(kindConfig(KIND, MARK)).toBe(`kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
    image: kindest/node:v1.36.1
    extraMounts:
      - hostPath: /state/redfirst-lab/mark-1
        containerPath: /kind/redfirst
        readOnly: true
`);
  });

  it('writes all that a profile can say, every node with mounts of its own', () => {
    const profile = {
      ...KIND,
      workers: 1,
      cni: 'none',
      podSubnet: '10.245.0.0/16',
      mounts: [{ hostPath: '/srv/images', containerPath: '/images', readOnly: false }],
      kubeadmPatches: ['kind: KubeletConfiguration\nfailCgroupV1: false\n'],
      containerdPatches: ['[plugins."io.containerd.grpc.v1.cri".registry]\nconfig_path = "/etc/containerd/certs.d"'],
    } as const;
    expect(kindConfig(profile, MARK)).toBe(`kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
    image: kindest/node:v1.36.1
    extraMounts:
      - hostPath: /state/redfirst-lab/mark-1
        containerPath: /kind/redfirst
        readOnly: true
      - hostPath: /srv/images
        containerPath: /images
        readOnly: false
  - role: worker
    image: kindest/node:v1.36.1
    extraMounts:
      - hostPath: /state/redfirst-lab/mark-1
        containerPath: /kind/redfirst
        readOnly: true
      - hostPath: /srv/images
        containerPath: /images
        readOnly: false
networking:
  disableDefaultCNI: true
  podSubnet: 10.245.0.0/16
kubeadmConfigPatches:
  - |
    kind: KubeletConfiguration
    failCgroupV1: false
containerdConfigPatches:
  - |-
    [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
`);
  });

  it('holds no YAML alias, however many nodes share their mounts', () => {
    const text = kindConfig({ ...KIND, controlPlanes: 3, workers: 10 }, MARK);
    expect(text).not.toMatch(/[&*]a\d/);
    const { nodes } = parse(text) as { nodes: { role: string; extraMounts: object[] }[] };
    expect(nodes.map(({ role }) => role)).toEqual([
      ...Array.from({ length: 3 }, () => 'control-plane'),
      ...Array.from({ length: 10 }, () => 'worker'),
    ]);
    for (const { extraMounts } of nodes) expect(extraMounts).toHaveLength(1);
  });

  it('keeps values that YAML would take for something else', () => {
    const profile = {
      ...KIND,
      image: 'node:1e3',
      podSubnet: '10.0.0.0/8',
      kubeadmPatches: ['a: {b: "*c"}', `${'x'.repeat(300)}: y z`],
    };
    const back = parse(kindConfig(profile, '/with space/and #hash: colon')) as {
      nodes: { image: string; extraMounts: { hostPath: string }[] }[];
      kubeadmConfigPatches: string[];
    };
    expect(back.nodes[0]?.image).toBe('node:1e3');
    expect(back.nodes[0]?.extraMounts[0]?.hostPath).toBe('/with space/and #hash: colon');
    expect(back.kubeadmConfigPatches).toEqual(profile.kubeadmPatches);
  });
});

describe('countNodes', () => {
  it('counts the load balancer that kind puts before several control planes', () => {
    expect(countNodes(KIND)).toBe(1);
    expect(countNodes({ ...KIND, workers: 2 })).toBe(3);
    expect(countNodes({ ...KIND, controlPlanes: 3, workers: 2 })).toBe(6);
  });
});

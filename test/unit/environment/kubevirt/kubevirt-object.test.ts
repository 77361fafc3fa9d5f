import { describe, expect, it } from 'vitest';
import { kubevirtObject, operatorManifest } from '../../../../src/environment/kubevirt/kubevirt-object.ts';
import { KUBEVIRT } from '../cluster-fixtures.ts';

const CHOICES = { useEmulation: true, nodes: 1 };

describe('kubevirtObject', () => {
  it('writes the whole object where the profile names none', () => {
    const spec = { ...KUBEVIRT, featureGates: ['Zoom', 'Alpha'], disabledFeatureGates: ['Off'] };
    expect(kubevirtObject(spec, CHOICES)).toEqual({
      apiVersion: 'kubevirt.io/v1',
      kind: 'KubeVirt',
      metadata: { name: 'kubevirt', namespace: 'kubevirt' },
      spec: {
        imagePullPolicy: 'IfNotPresent',
        infra: { replicas: 1 },
        configuration: {
          developerConfiguration: {
            useEmulation: true,
            featureGates: ['Alpha', 'Zoom'],
            disabledFeatureGates: ['Off'],
          },
        },
      },
    });
  });

  it('writes gates and emulation though there are none, so that the object says what ran', () => {
    expect(kubevirtObject(KUBEVIRT, { useEmulation: false, nodes: 1 })).toMatchObject({
      spec: {
        configuration: { developerConfiguration: { useEmulation: false, featureGates: [], disabledFeatureGates: [] } },
      },
    });
  });

  it('leaves replicas to KubeVirt where there is more than one node, unless they are named', () => {
    const infra = (nodes: number, infraReplicas?: number): unknown => {
      const object = kubevirtObject(
        { ...KUBEVIRT, ...(infraReplicas === undefined ? {} : { infraReplicas }) },
        { ...CHOICES, nodes },
      );
      return (object as { spec: { infra?: unknown } }).spec.infra;
    };
    expect(infra(3)).toBeUndefined();
    expect(infra(3, 2)).toEqual({ replicas: 2 });
    expect(infra(1, 2)).toEqual({ replicas: 2 });
  });

  it('lays what the profile asks for over its own manifest, and keeps the rest of it', () => {
    const manifest = `apiVersion: kubevirt.io/v1alpha3
kind: KubeVirt
metadata: {name: mine, namespace: elsewhere, labels: {a: b}}
spec:
  imagePullPolicy: Always
  workloadUpdateStrategy: {workloadUpdateMethods: [LiveMigrate]}
  infra: {nodePlacement: {nodeSelector: {a: b}}, replicas: 5}
  configuration:
    network: {permitSlirpInterface: true}
    developerConfiguration: {cpuAllocationRatio: 5, useEmulation: false, featureGates: [Theirs]}
`;
    expect(kubevirtObject({ ...KUBEVIRT, namespace: 'kv', featureGates: ['Ours'] }, CHOICES, manifest)).toEqual({
      apiVersion: 'kubevirt.io/v1alpha3',
      kind: 'KubeVirt',
      metadata: { name: 'mine', namespace: 'kv' },
      spec: {
        imagePullPolicy: 'IfNotPresent',
        workloadUpdateStrategy: { workloadUpdateMethods: ['LiveMigrate'] },
        infra: { nodePlacement: { nodeSelector: { a: 'b' } }, replicas: 1 },
        configuration: {
          network: { permitSlirpInterface: true },
          developerConfiguration: {
            cpuAllocationRatio: 5,
            useEmulation: true,
            featureGates: ['Ours'],
            disabledFeatureGates: [],
          },
        },
      },
    });
  });

  it.each(['', '# nothing but a comment\n', 'kind: KubeVirt\n', 'spec:\n'])(
    'takes the manifest %j for an empty one',
    (manifest) => {
      expect(kubevirtObject(KUBEVIRT, CHOICES, manifest)).toEqual(kubevirtObject(KUBEVIRT, CHOICES));
    },
  );
});

describe('operatorManifest', () => {
  it('is the release’s, unless the profile names one', () => {
    expect(operatorManifest(KUBEVIRT)).toBe(
      'https://github.com/kubevirt/kubevirt/releases/download/v1.9.0/kubevirt-operator.yaml',
    );
    expect(operatorManifest({ ...KUBEVIRT, operator: 'hack/operator.yaml' })).toBe('hack/operator.yaml');
  });
});

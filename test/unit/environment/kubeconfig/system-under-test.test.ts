import { describe, expect, it } from 'vitest';
import type { KubeconfigProfile, SystemUnderTest } from '../../../../src/domain/profile.ts';
import { wantedIn } from '../../../../src/environment/kubeconfig/system-under-test.ts';

const profile = (more: Partial<KubeconfigProfile> = {}): KubeconfigProfile => ({
  name: 'existing',
  provider: 'kubeconfig',
  kubeconfig: '/k',
  tools: { kubectl: 'kubectl', virtctl: 'virtctl' },
  addons: [{ name: 'cdi', manifests: ['cdi.yaml'], wait: [] }],
  systems: {},
  guests: {},
  probe: { guest: 'own', ready: 'READY', deadlineMs: 1 },
  readyDeadlineMs: 1,
  namespacePrefix: 'redfirst',
  namespaceLabels: {},
  allowMutation: false,
  install: false,
  ...more,
});
const system = (more: Partial<SystemUnderTest>): SystemUnderTest => ({
  name: 'head',
  images: [],
  manifests: [],
  wait: [],
  ...more,
});
const free = { allowMutation: true, install: true };

describe('wantedIn', () => {
  it('is what the profile has, where it may be applied', () => {
    expect(wantedIn(profile(), undefined, undefined)).toMatchObject({ ok: true, value: { addons: [], findings: [] } });
    expect(wantedIn(profile(free), undefined, 'v1.9.0')).toMatchObject({ value: { addons: [{ name: 'cdi' }] } });
    expect(wantedIn(profile({ allowMutation: true }), undefined, 'v1.9.0')).toMatchObject({ value: { addons: [] } });
  });

  it('takes a KubeVirt that the cluster has already, and exchanges none', () => {
    const wanted = system({ kubevirt: { version: 'v1.9.0' } });
    expect(wantedIn(profile(), wanted, 'v1.9.0')).toMatchObject({ ok: true });
    expect(wantedIn(profile(free), wanted, 'v1.8.1')).toMatchObject({
      ok: false,
      failure: { what: 'system head is KubeVirt v1.9.0, and the cluster has v1.8.1, which is not exchanged', exit: 3 },
    });
    expect(wantedIn(profile({ allowMutation: true }), wanted, undefined)).toMatchObject({
      failure: { what: 'system head is KubeVirt v1.9.0, and the cluster has none' },
    });
    expect(wantedIn(profile(free), wanted, undefined)).toMatchObject({
      value: { kubevirt: { version: 'v1.9.0', namespace: 'kubevirt' } },
    });
  });

  it('applies a system last, and only to a cluster that may be changed', () => {
    const built = system({ manifests: ['/build/operator.yaml'], images: ['localhost/operator:1'] });
    expect(wantedIn(profile(), built, undefined)).toMatchObject({
      failure: { what: 'system head is applied to the cluster, and the profile does not allow to change it' },
    });
    expect(wantedIn(profile(free), built, undefined)).toMatchObject({
      value: {
        addons: [{ name: 'cdi' }, { name: 'system-head', manifests: ['/build/operator.yaml'] }],
        findings: [
          { what: 'system head is applied to the cluster, and stays: /build/operator.yaml' },
          { what: expect.stringContaining('localhost/operator:1') },
        ],
      },
    });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KubeVirtSpec } from '../../src/domain/profile.ts';
import { providerFor } from '../../src/environment/providers.ts';
import { ASSETS, NO_ASSETS } from './envtest-assets.ts';
import { type ExistingCluster, existingProfile, startExistingCluster } from './existing-cluster.ts';
import { type Provisioned, provisionProfile } from './provisioned.ts';

/**
 * What the provider makes of a KubeVirt object and of nodes, by their words alone: the API is real, and nothing is behind these objects. A real
 * KubeVirt is tested elsewhere.
 */
const NAMESPACE = 'virt-system';
const CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'kubevirts.kubevirt.io', annotations: { 'api-approved.kubernetes.io': 'unapproved, a test' } },
  spec: {
    group: 'kubevirt.io',
    scope: 'Namespaced',
    names: { kind: 'KubeVirt', plural: 'kubevirts' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const KUBEVIRT = {
  apiVersion: 'kubevirt.io/v1',
  kind: 'KubeVirt',
  metadata: { name: 'kubevirt', namespace: NAMESPACE },
  spec: { configuration: { developerConfiguration: { featureGates: ['Found'] } } },
};
const SPEC: KubeVirtSpec = {
  version: 'v1.9.0',
  namespace: 'kubevirt',
  emulation: 'auto',
  featureGates: ['Wanted'],
  disabledFeatureGates: ['Found'],
  imagePullPolicy: 'IfNotPresent',
};
const node = (name: string, ready: string) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubevirt.io/schedulable': 'true' } },
  status: { conditions: [{ type: 'Ready', status: ready, reason: 'Test' }], nodeInfo: NODE_INFO },
});
const NODE_INFO = Object.fromEntries(
  [
    ...['machineID', 'systemUUID', 'bootID', 'kernelVersion', 'osImage', 'containerRuntimeVersion'],
    ...['kubeletVersion', 'kubeProxyVersion', 'operatingSystem', 'architecture'],
  ].map((key) => [key, 'test']),
);

let dir: string;
let cluster: ExistingCluster;
let path: string;
let operating = true;
let operator: Promise<void> | undefined;
let provisioned: Provisioned | undefined;

const json = (args: readonly string[], object: object): string =>
  cluster.kubectl([...args, '--filename=-'], JSON.stringify(object));

/** Observes what was written, as the operator does. */
async function observe(): Promise<void> {
  const base = `/apis/kubevirt.io/v1/namespaces/${NAMESPACE}/kubevirts/kubevirt`;
  while (operating) {
    const found = await cluster.api.get<{ metadata: { generation?: number } }>(base);
    const conditions = [
      { type: 'Available', status: 'True' },
      { type: 'Created', status: 'True' },
    ];
    if (found.ok)
      await cluster.api.send({
        method: 'PATCH',
        path: `${base}/status`,
        contentType: 'application/merge-patch+json',
        body: {
          status: {
            conditions,
            observedGeneration: found.value.metadata.generation,
            observedKubeVirtVersion: 'v1.8.1',
          },
        },
      });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const gates = (): unknown =>
  JSON.parse(cluster.kubectl(['--namespace', NAMESPACE, 'get', 'kubevirt', 'kubevirt', '--output=json'])).spec
    .configuration.developerConfiguration;

describe('an existing cluster that has a KubeVirt object', { timeout: 240_000 }, () => {
  beforeEach((ctx) => ctx.skip(ASSETS === undefined, NO_ASSETS));
  beforeAll(async () => {
    if (ASSETS === undefined) return;
    dir = mkdtempSync(join(tmpdir(), 'rf-existing-'));
    vi.stubEnv('XDG_STATE_HOME', join(dir, 'state'));
    cluster = await startExistingCluster(dir);
    path = cluster.write('admin.yaml', cluster.admin);
    json(['apply'], CRD);
    cluster.kubectl(['wait', '--for=condition=Established', 'crd/kubevirts.kubevirt.io', '--timeout=60s']);
    cluster.kubectl(['create', 'namespace', NAMESPACE]);
    json(['create'], KUBEVIRT);
    json(['create'], node('one', 'True'));
    json(['create'], node('two', 'False'));
    operator = observe();
  });
  afterEach(async () => {
    await provisioned?.cleanUp();
    provisioned?.remove();
    provisioned = undefined;
  });
  afterAll(async () => {
    if (ASSETS === undefined) return;
    operating = false;
    await operator;
    await cluster.stop();
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true, force: true });
  });

  async function provision(...args: Parameters<typeof existingProfile>) {
    provisioned = await provisionProfile(existingProfile(...args));
    if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
    return provisioned.result.value;
  }

  it('finds it in its namespace; a guest that does not boot costs the grade virt, and no more', async () => {
    const environment = await provision(path, { kubevirt: SPEC });
    expect(environment.identity.grade).toEqual(['api', 'cluster']);
    expect(environment.identity.facts).toMatchObject({
      'kubevirt.version': 'v1.8.1',
      'kubevirt.gates.enabled': 'Found',
      'kubernetes.nodes': '2',
    });
    expect(environment.suiteVariables()).toMatchObject({
      REDFIRST_KUBEVIRT_NAMESPACE: NAMESPACE,
      REDFIRST_ACCEL: '',
      REDFIRST_GUEST_IMAGE: '',
    });
    expect(environment.identity.findings.map(({ severity, what }) => `${severity}: ${what}`)).toEqual([
      'note: KubeVirt v1.8.1 is in namespace virt-system',
      'warning: the profile names KubeVirt v1.9.0, the cluster has v1.8.1; it is left as it is',
      'warning: feature gates are not as the profile has them, and are left alone: Wanted is not switched on, Found is not switched off',
      'note: virtctl-that-is-nowhere is not on this machine; suites get none',
      'warning: node two is not ready, and is left out of account',
      expect.stringMatching(/^warning: the probe guest was refused: .*: no grade virt$/),
    ]);
    // The node that was not ready from the beginning makes nothing unhealthy.
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it('leaves the gates alone, and notices when somebody else does not', async () => {
    const environment = await provision(path, { kubevirt: SPEC });
    await environment.reset();
    expect(await environment.health()).toEqual({ healthy: true });
    expect(gates()).toEqual({ featureGates: ['Found'] });
    const patch = { spec: { configuration: { developerConfiguration: { featureGates: ['Found', 'Other'] } } } };
    const change = (body: object) =>
      cluster.kubectl([
        '--namespace',
        NAMESPACE,
        'patch',
        'kubevirt',
        'kubevirt',
        '--type=merge',
        `--patch=${JSON.stringify(body)}`,
      ]);
    change(patch);
    await environment.reset();
    expect(await environment.health()).toEqual({
      healthy: false,
      reason: 'somebody has switched feature gates of KubeVirt since the environment was provisioned',
    });
    change(KUBEVIRT);
    await environment.reset();
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it('sets them where it may, and puts back what it found; components that do not follow are said', async () => {
    const profile = existingProfile(path, { kubevirt: SPEC, allowMutation: true, readyDeadlineMs: 3000 });
    const set: unknown[] = [];
    provisioned = await provisionProfile(profile, undefined, (what) => {
      // What it waits for once the object is written: no component runs here that could read it.
      if (what.startsWith('virt-')) set.push(gates());
    });
    expect(set[0]).toEqual({ featureGates: ['Wanted'], disabledFeatureGates: ['Found'] });
    expect(provisioned.result).toMatchObject({
      ok: false,
      failure: { what: expect.stringMatching(/^the feature gates cannot be set: .*virt-api to run/), exit: 3 },
    });
    await expect(provisioned.cleanUp()).rejects.toThrow(/virt-api to run/);
    expect(gates()).toEqual({ featureGates: ['Found'] });
    expect(await provisioned.cleanUp()).toContain('lock of the cluster');
  });

  it('is looked at with rights that do not suffice: all that is missing is named at once, where the profile wants KubeVirt', async () => {
    cluster.kubectl(['create', 'serviceaccount', 'poor']);
    const token = cluster.kubectl(['create', 'token', 'poor']).trim();
    const poor = cluster.write('poor.yaml', cluster.withToken(token));
    const check = async (more: Parameters<typeof existingProfile>[1]) => {
      const profile = existingProfile(poor, more);
      const findings = await providerFor(profile).preflight(profile, new AbortController().signal);
      return findings.map(({ severity, what }) => `${severity}: ${what}`);
    };
    const said = await check({ kubevirt: SPEC });
    expect(said[0]).toMatch(/^error: the credentials of context envtest may not create namespaces, .*, list events, /);
    expect(said[0]).toContain('list kubevirts.kubevirt.io, create virtualmachineinstances.kubevirt.io');
    expect(said[0]).toContain('create pods/exec');
    const without = await check({});
    expect(without[0]).not.toContain('kubevirt');
    expect(without[1]).toMatch(/^warning: whether the cluster has KubeVirt cannot be seen/);
  });

  it('says so in its check', async () => {
    const profile = existingProfile(path, { kubevirt: SPEC, install: true });
    const findings = await providerFor(profile).preflight(profile, new AbortController().signal);
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'the profile asks to install KubeVirt (`install`), and does not allow to change the cluster',
        'KubeVirt v1.8.1 is in namespace virt-system',
      ]),
    );
  });
});

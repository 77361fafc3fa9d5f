import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sha256 } from '../../../../src/domain/brand.ts';
import { fail, ok } from '../../../../src/domain/failure.ts';
import {
  type ClusterParts,
  clusterEnvironment,
  removeOwned,
} from '../../../../src/environment/kubernetes/cluster-environment.ts';
import { identifyCluster } from '../../../../src/environment/kubernetes/identify-cluster.ts';
import { failureIn, recorded, valueIn } from '../cluster-fixtures.ts';
import { type Answer, fakeApi, list, notFound, refusal } from './fake-api.ts';

let runtimeDir: string;
beforeEach(() => {
  runtimeDir = mkdtempSync(join(tmpdir(), 'rf-environment-'));
});
afterEach(() => rmSync(runtimeDir, { recursive: true, force: true }));

/** An API server with namespaces alone, which can be deleted unless they are called stuck. */
async function environment(more: Partial<ClusterParts> = {}, create?: () => Answer | undefined) {
  const namespaces = new Set<string>();
  const fake = await fakeApi(({ method, path, body }) => {
    if (path === '/readyz') return { text: 'ok' };
    if (path.startsWith('/api/v1/namespaces?')) return list(...[...namespaces].map((name) => ({ metadata: { name } })));
    if (method === 'POST') {
      const refused = create?.();
      if (refused !== undefined) return refused;
      namespaces.add((body as { metadata: { name: string } }).metadata.name);
      return { status: 201, json: body };
    }
    const name = /^\/api\/v1\/namespaces\/([^?/]+)/.exec(path)?.[1] ?? '';
    if (!namespaces.has(name)) return notFound(path);
    if (method === 'DELETE') namespaces.delete(name);
    return { json: { metadata: { name } } };
  });
  const parts: ClusterParts = {
    identity: {
      profile: 'lab',
      provider: 'kind',
      profileDigest: '' as Sha256,
      grade: ['api', 'cluster'],
      facts: { accelerator: 'tcg' },
      findings: [],
    },
    api: fake.api,
    runtimeDir,
    hasNodes: false,
    ...{
      token: 'abcdef012345',
      kubeconfig: '/k',
      namespacePrefix: 'redfirst',
      namespaceLabels: {},
      guests: { a: { containerDisk: 'a:1' } },
    },
    tools: { kubectl: '/kubectl', virtctl: '' },
    diagnosis: { kubectl: { path: '/kubectl', run: async () => ok('') } },
    ...more,
  };
  return { ...fake, parts, namespaces, environment: clusterEnvironment(parts) };
}

describe('an environment on a cluster', () => {
  it('tells suites all that the documentation names', async () => {
    const { environment: made } = await environment({ kubevirtNamespace: 'kubevirt', tinyGuest: 'guest:1' });
    expect(made.suiteVariables()).toEqual({
      KUBECONFIG: '/k',
      REDFIRST_KUBECTL: '/kubectl',
      REDFIRST_VIRTCTL: '',
      REDFIRST_ACCEL: 'tcg',
      REDFIRST_RUNTIME: join(runtimeDir, 'run'),
      REDFIRST_KUBEVIRT_NAMESPACE: 'kubevirt',
      REDFIRST_GUEST_IMAGE: 'guest:1',
      REDFIRST_GUESTS: '{"a":{"containerDisk":"a:1"}}',
    });
    expect(made.gates).toBeUndefined();
  });

  it('gives each attempt a namespace of its own, and removes it', async () => {
    const { environment: made, namespaces } = await environment();
    const [one, two] = [await made.openAttempt?.('e2e-1'), await made.openAttempt?.('e2e-1')];
    expect([one?.variables, two?.variables]).toEqual([
      { REDFIRST_NAMESPACE: 'redfirst-abcdef012345-e2e-1-1' },
      { REDFIRST_NAMESPACE: 'redfirst-abcdef012345-e2e-1-2' },
    ]);
    await one?.close();
    expect([...namespaces]).toEqual(['redfirst-abcdef012345-e2e-1-2']);
  });

  it('makes an attempt unhealthy that cannot have one', async () => {
    const { environment: made } = await environment({}, () => refusal(403, 'Forbidden', 'exceeded quota'));
    const place = await made.openAttempt?.('e2e-1');
    expect(place?.health).toEqual({
      healthy: false,
      reason: 'namespace redfirst-abcdef012345-e2e-1-1 could not be made: exceeded quota',
    });
    await place?.close();
  });

  it('goes back to how it was: namespaces of this invocation, the suites’ folder, the gate', async () => {
    const set: string[] = [];
    const gates = {
      set: async (gate: string, state: string) => (set.push(`${gate} ${state}`), ok(undefined)),
      components: async () => ok([]),
    };
    const { environment: made, namespaces } = await environment({ gates });
    await made.openAttempt?.('e2e-1');
    namespaces.add('left-by-an-attempt-that-died');
    mkdirSync(join(runtimeDir, 'run'));
    writeFileSync(join(runtimeDir, 'run/left'), '');
    await made.gates?.set('Gate', 'off');
    expect(made.suiteVariables()['REDFIRST_GATE']).toBe('off');
    await made.reset();
    expect([[...namespaces], existsSync(join(runtimeDir, 'run/left')), existsSync(join(runtimeDir, 'run'))]).toEqual([
      [],
      false,
      true,
    ]);
    expect('REDFIRST_GATE' in made.suiteVariables()).toBe(false);
    expect(set).toEqual(['Gate off']);
    expect(await made.health()).toEqual({ healthy: true });
  });

  it('does not tell a state that the gate could not be brought into', async () => {
    const no = fail({ reason: 'environment-failed', what: 'no', next: '', exit: 3 } as const);
    const { environment: made } = await environment({ gates: { set: async () => no, components: async () => ok([]) } });
    expect(await made.gates?.set('Gate', 'on')).toBe(no);
    expect('REDFIRST_GATE' in made.suiteVariables()).toBe(false);
  });

  it('stays unhealthy after a reset that did not put everything back, until one does', async () => {
    let problems = ['KubeVirt refuses the gates: you may not'];
    const { environment: made } = await environment({ restore: async () => problems });
    await made.reset();
    expect(await made.health()).toEqual({ healthy: false, reason: 'KubeVirt refuses the gates: you may not' });
    problems = [];
    await made.reset();
    expect(await made.health()).toEqual({ healthy: true });
  });

  it('is unhealthy without its folder, and with an API server that is gone', async () => {
    const { environment: made, close } = await environment();
    await close();
    rmSync(runtimeDir, { recursive: true });
    const health = await made.health();
    expect(health).toMatchObject({ healthy: false, reason: expect.stringContaining('cannot be written to') });
    expect(health).toMatchObject({ reason: expect.stringContaining('the API server does not answer') });
  });
});

describe('removeOwned', () => {
  it('removes what carries the token, and throws where it cannot tell', async () => {
    const { parts, namespaces, close } = await environment();
    namespaces.add('a');
    await removeOwned(parts);
    expect([...namespaces]).toEqual([]);
    await close();
    await expect(removeOwned(parts, 0)).rejects.toThrow('namespaces could not be listed');
  });
});

describe('identifyCluster', () => {
  it('tells version and nodes as they were recorded', async () => {
    const { api } = await fakeApi(({ path }) =>
      path === '/version' ? { json: { gitVersion: 'v1.36.2' } } : { json: JSON.parse(recorded('kubectl/nodes.json')) },
    );
    expect(valueIn(await identifyCluster(api))).toMatchObject({
      'kubernetes.version': 'v1.36.2',
      'kubernetes.minor': 'v1.36',
      'kubernetes.nodes': '1',
      'node.kubelet': 'v1.36.2',
      'node.runtime': expect.stringMatching(/^containerd:\/\//),
    });
  });

  it('tells of an API server without nodes its version alone, and of one that is gone why', async () => {
    const { api } = await fakeApi(({ path }) => (path === '/version' ? { json: { gitVersion: 'v1.36.2' } } : list()));
    expect(Object.keys(valueIn(await identifyCluster(api)))).toEqual(['kubernetes.version', 'kubernetes.minor']);
    const gone = await fakeApi(() => ({ status: 502, text: 'connection refused' }));
    expect(failureIn(await identifyCluster(gone.api)).what).toBe(
      'the cluster does not say what it is: connection refused',
    );
  });
});

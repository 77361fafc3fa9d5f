import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptPlace, Environment } from '../../src/environment/provider.ts';
import { providerFor } from '../../src/environment/providers.ts';
import { processesWithToken } from '../../src/process/process-group.ts';
import { ASSETS, envtestProfile, kubectlOf, NO_ASSETS } from './envtest-assets.ts';
import { type Provisioned, provisionProfile } from './provisioned.ts';

/** Starts of an API server, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;

/** A kind of object of the test's own, as a feature's would be. */
const CRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: guests.test.redfirst.dev }
spec:
  group: test.redfirst.dev
  scope: Namespaced
  names: { kind: Guest, plural: guests }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: { spec: { type: object, properties: { memory: { type: string } } } }
`;
const GUEST = `
apiVersion: test.redfirst.dev/v1
kind: Guest
metadata: { name: one, finalizers: [test.redfirst.dev/never-removed] }
spec: { memory: 64Mi }
`;

let dir: string;
let provisioned: Provisioned;
let environment: Environment;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-envtest-'));
  mkdirSync(join(dir, 'crds'));
  writeFileSync(join(dir, 'crds', 'guests.yaml'), CRD);
  writeFileSync(join(dir, 'default-guest.yaml'), GUEST.replace('name: one', 'name: one, namespace: default'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A folder, and what needs it to be Established. */
const profile = () => envtestProfile({ manifests: [join(dir, 'crds'), join(dir, 'default-guest.yaml')] });

async function open(name = 'contract-1'): Promise<AttemptPlace & { readonly namespace: string }> {
  const place = await environment.openAttempt?.(name);
  if (place === undefined) throw new Error('no place');
  return { ...place, namespace: place.variables['REDFIRST_NAMESPACE'] ?? '' };
}

const kubectl = (args: readonly string[], input?: string): string =>
  kubectlOf(environment.suiteVariables())(args, input);

/** The process of the run whose command line names a program. */
function pidOf(program: string): number {
  const found = processesWithToken(provisioned.token).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith(`/${program}`),
  );
  expect(found).toHaveLength(1);
  return found[0] ?? 0;
}

describe('the envtest environment', { timeout: TIMEOUT_MS }, () => {
  beforeEach((ctx) => ctx.skip(ASSETS === undefined, NO_ASSETS));
  beforeAll(async () => {
    if (ASSETS === undefined) return;
    provisioned = await provisionProfile(profile());
    if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
    environment = provisioned.result.value;
  });
  afterAll(async () => {
    if (ASSETS === undefined) return;
    await provisioned.cleanUp();
    provisioned.remove();
  });

  it('is of grade api and no more, and says that nothing behind the API is real', () => {
    expect(environment.identity).toMatchObject({
      provider: 'envtest',
      grade: ['api'],
      findings: [{ severity: 'note', what: expect.stringContaining('nothing behind the API is real') }],
      facts: {
        'kubernetes.version': expect.stringMatching(/^v1\.\d+/),
        'kubernetes.minor': expect.stringMatching(/^v1\.\d+$/),
        'etcd.version': expect.stringMatching(/^3\.\d/),
        'kube-apiserver.binary.sha256': expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(environment.identity.facts).not.toHaveProperty('kubernetes.nodes');
    expect(environment.suiteVariables()).toMatchObject({
      REDFIRST_ACCEL: '',
      REDFIRST_VIRTCTL: '',
      REDFIRST_GUESTS: '{}',
    });
  });

  it('keeps what logs in, and etcd, from everybody else', () => {
    const { KUBECONFIG = '' } = environment.suiteVariables();
    expect(statSync(KUBECONFIG).mode & 0o777).toBe(0o600);
    const own = join(provisioned.runtimeDir, 'envtest');
    expect(statSync(own).mode & 0o777).toBe(0o700);
    for (const name of ['kubeconfig', 'tokens.csv', 'service-accounts.key'])
      expect(statSync(join(own, name)).mode & 0o777).toBe(0o600);
    expect(statSync(join(own, 'etcd.sock')).isSocket()).toBe(true);
    expect(readFileSync(`/proc/${pidOf('kube-apiserver')}/cmdline`, 'utf8')).not.toContain('sha256');
  });

  it('serves a real API to a suite: schemas are enforced, RBAC refuses, service accounts get tokens', async () => {
    const place = await open();
    const within = ['--namespace', place.namespace];
    kubectl([...within, 'apply', '--filename', '-'], GUEST);
    expect(kubectl([...within, 'get', 'guest', 'one', '--output', 'jsonpath={.spec.memory}'])).toBe('64Mi');
    const wrong = GUEST.replace('memory: 64Mi', 'memory: [64Mi]').replace('name: one', 'name: two');
    expect(() => kubectl([...within, 'create', '--filename', '-'], wrong)).toThrow(/spec\.memory/);
    kubectl([...within, 'create', 'serviceaccount', 'nobody']);
    const token = kubectl([...within, 'create', 'token', 'nobody']).trim();
    const as = ['--user=', `--token=${token}`];
    expect(() => kubectl([...within, ...as, 'get', 'guests'])).toThrow(/Forbidden/);
    expect(kubectl(['get', 'nodes', '--output', 'name'])).toBe('');
    await place.close();
  });

  it('gives each attempt an empty namespace of its own, and removes it with all in it, finalizers or not', async () => {
    const place = await open('contract-1');
    const within = ['--namespace', place.namespace];
    expect(place.health).toEqual({ healthy: true });
    expect(kubectl(['get', 'namespace', place.namespace, '--output', 'jsonpath={.status.phase}'])).toBe('Active');
    kubectl([...within, 'apply', '--filename', '-'], GUEST);
    kubectl([...within, 'create', 'configmap', 'settings', '--from-literal=a=b']);
    kubectl([...within, 'create', 'deployment', 'web', '--image=nowhere/web:1']);
    kubectl([...within, 'run', 'pod', '--image=nowhere/pod:1']);
    const next = await open('contract-2');
    expect(next.namespace).not.toBe(place.namespace);
    await place.close();
    expect(() => kubectl(['get', 'namespace', place.namespace])).toThrow(/NotFound/);
    // What the namespace held is gone from etcd too: it does not come back with the name.
    kubectl(['create', 'namespace', place.namespace]);
    const kinds = 'guests.test.redfirst.dev,configmaps,deployments.apps,pods,events';
    expect(kubectl([...within, 'get', kinds, '--output', 'name'])).toBe('');
    kubectl(['delete', 'namespace', place.namespace, '--wait=false']);
    await next.close();
  });

  it('removes a namespace that the suite has deleted itself, which nobody would finish here', async () => {
    const place = await open();
    kubectl(['--namespace', place.namespace, 'create', 'configmap', 'left']);
    kubectl(['delete', 'namespace', place.namespace, '--wait=false']);
    expect(kubectl(['get', 'namespace', place.namespace, '--output', 'jsonpath={.status.phase}'])).toBe('Terminating');
    await place.close();
    expect(() => kubectl(['get', 'namespace', place.namespace])).toThrow(/NotFound/);
  });

  it('gives each attempt the kubeconfig as it was', async () => {
    const first = await open();
    kubectl(['config', 'set-context', '--current', '--namespace=elsewhere']);
    kubectl(['config', 'unset', 'users']);
    await first.close();
    const second = await open();
    expect(kubectl(['config', 'view', '--minify', '--output', 'jsonpath={..namespace}'])).toBe('');
    expect(kubectl(['auth', 'whoami', '--output', 'jsonpath={.status.userInfo.username}'])).toBe('redfirst');
    await second.close();
  });

  it('stays healthy while a suite makes and deletes what it likes', async () => {
    const watch = environment.watch();
    const place = await open();
    kubectl(['--namespace', place.namespace, 'create', 'configmap', 'a']);
    await place.close();
    expect(await watch.stop()).toEqual({ healthy: true });
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it.each(['kube-apiserver', 'etcd'])('says that %s was killed while a suite ran, until a reset', async (program) => {
    const place = await open();
    kubectl(['create', 'clusterrole', 'left-behind', '--verb=get', '--resource=pods']);
    const watch = environment.watch();
    process.kill(pidOf(program), 'SIGKILL');
    const during = await watch.stop();
    expect(during).toMatchObject({ healthy: false });
    const reason = during.healthy ? '' : during.reason;
    expect(reason).toMatch(new RegExp(`^${program} ended \\(killed by SIGKILL\\)`));
    expect(await environment.health()).toMatchObject({ healthy: false, reason: expect.stringContaining(program) });

    const files = await environment.diagnose();
    const named = new Map(Object.entries(files).map(([path, name]) => [name, readFileSync(path, 'utf8')]));
    expect(named.get('cluster/likely-cause.txt')).toBe(`API server gone: ${program} ended (killed by SIGKILL)\n`);
    expect([...named.keys()]).toContain('cluster/nodes/kube-apiserver.log');

    // In the engine's order: where nobody answers, nothing is waited for.
    await place.close();
    await environment.reset();
    expect(await environment.health()).toEqual({ healthy: true });
    // As after provisioning: nothing that a suite left, all that the profile applies.
    expect(() => kubectl(['get', 'clusterrole', 'left-behind'])).toThrow(/NotFound/);
    expect(() => kubectl(['get', 'namespace', place.namespace])).toThrow(/NotFound/);
    expect(kubectl(['get', 'guests', '--namespace=default', '--output', 'name'])).toBe('guest.test.redfirst.dev/one\n');
  });

  it('does not disturb another one, and leaves nothing behind', async () => {
    const other = await provisionProfile(envtestProfile());
    if (!other.result.ok) throw new Error(other.result.failure.what);
    const others = kubectlOf(other.result.value.suiteVariables());
    expect(() => others(['get', 'guests', '--all-namespaces'])).toThrow(/doesn't have a resource type/);
    const place = await other.result.value.openAttempt?.('e2e-1');
    expect(place?.health).toEqual({ healthy: true });
    expect(processesWithToken(other.token)).toHaveLength(3);
    expect(await other.cleanUp()).toEqual([
      'kubectl proxy',
      'etcd and kube-apiserver',
      expect.stringMatching(/^files in /),
    ]);
    expect(processesWithToken(other.token)).toEqual([]);
    expect(readdirSync(other.runtimeDir)).toEqual([]);
    other.remove();
    expect(await environment.health()).toEqual({ healthy: true });
  });

  it('ends with nothing left when it is interrupted on its way', async () => {
    const interrupt = new AbortController();
    const stopped = await provisionProfile(envtestProfile(), interrupt.signal, (what) => {
      if (what.startsWith('kube-apiserver')) interrupt.abort('SIGINT');
    });
    expect(stopped.result).toMatchObject({ ok: false, failure: { reason: 'interrupted', exit: 130 } });
    await stopped.cleanUp();
    expect(processesWithToken(stopped.token)).toEqual([]);
    expect(readdirSync(stopped.runtimeDir)).toEqual([]);
    stopped.remove();
  });

  it('passes its own check', async () => {
    const one = profile();
    expect(await providerFor(one).preflight(one, new AbortController().signal)).toEqual([]);
  });

  it('says in kubectl’s words why a manifest cannot be applied', async () => {
    writeFileSync(join(dir, 'bad.yaml'), CRD.replace('plural: guests', 'plural: Guests'));
    const refused = await provisionProfile(envtestProfile({ manifests: [join(dir, 'bad.yaml')] }));
    expect(refused.result).toMatchObject({
      ok: false,
      failure: { what: expect.stringMatching(/CustomResourceDefinition .* is invalid/), exit: 3 },
    });
    await refused.cleanUp();
    expect(processesWithToken(refused.token)).toEqual([]);
    refused.remove();
  });

  it('says in its words why kube-apiserver does not start', async () => {
    const folder = mkdtempSync(join(dir, 'broken-'));
    for (const name of ['etcd', 'kubectl']) symlinkSync(join(ASSETS ?? '', name), join(folder, name));
    const script = `#!/bin/sh\n[ "$1" = --version ] && { echo Kubernetes v1.0.0; exit 0; }\necho 'Error: unknown flag: --x' >&2\nexit 1\n`;
    writeFileSync(join(folder, 'kube-apiserver'), script);
    chmodSync(join(folder, 'kube-apiserver'), 0o755);
    const refused = await provisionProfile(envtestProfile({ assets: folder }));
    expect(refused.result).toMatchObject({
      ok: false,
      failure: { what: 'kube-apiserver ended (exit code 1): Error: unknown flag: --x', exit: 3 },
    });
    await refused.cleanUp();
    expect(processesWithToken(refused.token)).toEqual([]);
    refused.remove();
  });
});

describe('the envtest provider refuses', () => {
  it('binaries that are not there, with what to fetch', async () => {
    const empty = envtestProfile({ assets: dir });
    const refused = await provisionProfile(empty);
    expect(refused.result).toMatchObject({ ok: false, failure: { reason: 'tool-missing', exit: 3 } });
    expect(await providerFor(empty).preflight(empty, new AbortController().signal)).toEqual([
      {
        severity: 'error',
        what: `etcd and kube-apiserver are not in ${dir}`,
        next: expect.stringMatching(/setup-envtest.*redfirst doctor --fix.*KUBEBUILDER_ASSETS.*assets/),
      },
    ]);
    refused.remove();
  });

  it('a manifest that is not there, by its path from the root', async (ctx) => {
    ctx.skip(ASSETS === undefined, NO_ASSETS);
    const absent = envtestProfile({ manifests: ['config/crd.yaml', 'https://example.com/crd.yaml'] });
    expect(await providerFor(absent).preflight(absent, new AbortController().signal, dir)).toMatchObject([
      { severity: 'error', what: `the manifest ${dir}/config/crd.yaml is not there` },
    ]);
  });
});

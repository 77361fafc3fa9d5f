import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { KubeconfigProfile } from '../../src/domain/profile.ts';
import { namespaceDebts } from '../../src/environment/kubeconfig/namespace-debts.ts';
import type { Environment } from '../../src/environment/provider.ts';
import { providerFor } from '../../src/environment/providers.ts';
import { processesWithToken } from '../../src/process/process-group.ts';
import { ASSETS, kubectlOf, NO_ASSETS } from './envtest-assets.ts';
import { type ExistingCluster, existingProfile, startExistingCluster } from './existing-cluster.ts';
import { type Provisioned, provisionProfile } from './provisioned.ts';

let dir: string;
let cluster: ExistingCluster;
const open: Provisioned[] = [];

async function provision(profile: KubeconfigProfile): Promise<{ provisioned: Provisioned; environment: Environment }> {
  const provisioned = await provisionProfile(profile);
  open.push(provisioned);
  if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
  return { provisioned, environment: provisioned.result.value };
}

async function refusal(profile: KubeconfigProfile) {
  const provisioned = await provisionProfile(profile);
  await provisioned.cleanUp();
  expect(readdirSync(provisioned.runtimeDir)).toEqual([]);
  expect(processesWithToken(provisioned.token)).toEqual([]);
  provisioned.remove();
  if (provisioned.result.ok) throw new Error('it was provisioned');
  return provisioned.result.failure;
}

const preflight = (profile: KubeconfigProfile, root = dir) =>
  providerFor(profile).preflight(profile, new AbortController().signal, root);

/** Namespaces that carry a token. */
const owned = (token: string): string[] =>
  cluster
    .kubectl(['get', 'namespaces', `--selector=redfirst.dev/token=${token}`, '--output=name'])
    .split('\n')
    .filter(Boolean);

describe('an existing cluster', { timeout: 240_000 }, () => {
  beforeEach((ctx) => ctx.skip(ASSETS === undefined, NO_ASSETS));
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'rf-existing-'));
    vi.stubEnv('XDG_STATE_HOME', join(dir, 'state'));
    if (ASSETS !== undefined) cluster = await startExistingCluster(dir);
  });
  afterAll(async () => {
    for (const provisioned of open) {
      await provisioned.cleanUp();
      provisioned.remove();
    }
    if (ASSETS !== undefined) await cluster.stop();
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true, force: true });
  });

  /** The administrator's file, with a second context whose secret is nobody's business. */
  function callersFile(): string {
    const { clusters, users, contexts } = cluster.admin;
    return cluster.write('callers.yaml', {
      clusters: [...clusters, { name: 'production', cluster: { server: 'https://production.example' } }],
      users: [...users, { name: 'boss', user: { token: 'production-secret' } }],
      contexts: [...contexts, { name: 'production', context: { cluster: 'production', user: 'boss' } }],
      'current-context': 'production',
    });
  }

  it('is used through a kubeconfig of the one context, which the caller’s file is not', async () => {
    const path = callersFile();
    const before = readFileSync(path, 'utf8');
    const { environment, provisioned } = await provision(existingProfile(path, { context: 'envtest' }));
    expect(environment.identity).toMatchObject({
      provider: 'kubeconfig',
      // No node is registered, so that there is no more than an API.
      grade: ['api'],
      facts: { 'cluster.context': 'envtest', 'kubernetes.version': expect.stringMatching(/^v1\./) },
    });
    const variables = environment.suiteVariables();
    const kubeconfig = variables['KUBECONFIG'] ?? '';
    expect(kubeconfig.startsWith(provisioned.runtimeDir)).toBe(true);
    expect(statSync(kubeconfig).mode & 0o777).toBe(0o600);
    const text = readFileSync(kubeconfig, 'utf8');
    expect(JSON.parse(text)).toMatchObject({ 'current-context': 'envtest', contexts: [{ name: 'envtest' }] });
    expect(text).not.toContain('production');

    const place = await environment.openAttempt?.('e2e-1');
    const suite = kubectlOf(variables);
    suite(['config', 'delete-context', 'envtest']);
    await place?.close();
    const next = await environment.openAttempt?.('e2e-2');
    expect(suite(['auth', 'whoami', '--output=jsonpath={.status.userInfo.username}'])).toBe('redfirst');
    await next?.close();
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('is found in several files, as $KUBECONFIG has them', async () => {
    const { clusters, users, contexts } = cluster.admin;
    const first = cluster.write('first.yaml', { clusters: [], users, contexts, 'current-context': 'envtest' });
    cluster.write('second.yaml', { clusters, users: [], contexts: [] });
    const profile = existingProfile(`${first}:second.yaml:${dir}/none.yaml`);
    expect(await preflight(profile)).toEqual([
      { severity: 'note', what: 'the cluster has no KubeVirt: the grade virt cannot be had', next: expect.any(String) },
    ]);
  });

  it('gets namespaces with the prefix, the labels and the token, and loses them with all in them', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
    const path = cluster.write('admin.yaml', cluster.admin);
    const { environment, provisioned } = await provision(existingProfile(path, { namespaceLabels: labels }));
    const place = await environment.openAttempt?.('contract-1');
    const name = place?.variables['REDFIRST_NAMESPACE'] ?? '';
    expect(name).toMatch(/^rf-test-[0-9a-f]{12}-contract-1-1$/);
    const made = JSON.parse(cluster.kubectl(['get', 'namespace', name, '--output=json']));
    expect(made.metadata.labels).toMatchObject({ ...labels, 'redfirst.dev/token': provisioned.token });
    cluster.kubectl(['--namespace', name, 'create', 'configmap', 'a']);
    await place?.close();
    expect(owned(provisioned.token)).toEqual([]);
  });

  it('is shared by two runs that do not disturb each other, and each leaves nothing behind', async () => {
    const path = cluster.write('admin.yaml', cluster.admin);
    const before = cluster.kubectl(['get', 'namespaces', '--output=name']);
    const [one, two] = await Promise.all([provision(existingProfile(path)), provision(existingProfile(path))]);
    await one.environment.openAttempt?.('e2e-1');
    await two.environment.openAttempt?.('e2e-1');
    expect([...owned(one.provisioned.token), ...owned(two.provisioned.token)]).toHaveLength(2);
    const watch = two.environment.watch();
    await one.environment.reset();
    expect(owned(one.provisioned.token)).toEqual([]);
    await one.environment.openAttempt?.('e2e-2');
    expect(await one.provisioned.cleanUp()).toContain('namespaces of this run');
    expect(owned(one.provisioned.token)).toEqual([]);
    expect(owned(two.provisioned.token)).toHaveLength(1);
    expect(await watch.stop()).toEqual({ healthy: true });
    await two.provisioned.cleanUp();
    expect(cluster.kubectl(['get', 'namespaces', '--output=name'])).toBe(before);
    for (const { provisioned } of [one, two]) {
      expect(readdirSync(provisioned.runtimeDir)).toEqual([]);
      expect(processesWithToken(provisioned.token)).toEqual([]);
    }
    expect(readdirSync(join(dir, 'state', 'redfirst', 'namespaces'))).toHaveLength(open.length - 2);
  });

  it('loses what an interrupted run made in it', async () => {
    const interrupt = new AbortController();
    const path = cluster.write('admin.yaml', cluster.admin);
    const provisioned = await provisionProfile(existingProfile(path), interrupt.signal);
    if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
    await provisioned.result.value.openAttempt?.('e2e-1');
    expect(owned(provisioned.token)).toHaveLength(1);
    interrupt.abort('SIGINT');
    await provisioned.cleanUp();
    expect(owned(provisioned.token)).toEqual([]);
    expect(readdirSync(provisioned.runtimeDir)).toEqual([]);
    provisioned.remove();
  });

  it('loses, at the next run, what a killed one left in it', async () => {
    const uid = cluster.kubectl(['get', 'namespace', 'kube-system', '--output=jsonpath={.metadata.uid}']);
    const token = 'dead00000001';
    cluster.kubectl(['create', 'namespace', 'left-behind']);
    cluster.kubectl(['label', 'namespace', 'left-behind', `redfirst.dev/token=${token}`]);
    namespaceDebts().owe(token, uid);
    const path = cluster.write('admin.yaml', cluster.admin);
    await provision(existingProfile(path));
    // Whoever owes it lives: this process.
    expect(owned(token)).toHaveLength(1);
    const note = join(dir, 'state', 'redfirst', 'namespaces', `${token}.json`);
    const debt = JSON.parse(readFileSync(note, 'utf8'));
    cluster.write(`state/redfirst/namespaces/${token}.json`, { ...debt, startedAtTicks: debt.startedAtTicks - 1 });
    const { provisioned } = await provision(existingProfile(path));
    expect(owned(token)).toEqual([]);
    expect(provisioned.waitedFor).toContain(`namespaces of a run that was killed (${token}) to go`);
    expect(readdirSync(join(note, '..'))).not.toContain(`${token}.json`);
  });

  describe('refuses', () => {
    const accountToken = (name: string): string => {
      cluster.kubectl(['create', 'serviceaccount', name]);
      return cluster.kubectl(['create', 'token', name]).trim();
    };

    it('credentials that are wrong, and names the kubeconfig and what to do', async () => {
      const path = cluster.write('wrong.yaml', cluster.withToken('wrong'));
      expect(await refusal(existingProfile(path))).toEqual({
        reason: 'environment-failed',
        what: `the API server refuses the credentials of context envtest in ${path}: You must be logged in to the server (Unauthorized)`,
        next: expect.stringContaining('log in again (they may have expired)'),
        exit: 3,
      });
      expect(await preflight(existingProfile(path))).toMatchObject([
        { severity: 'error', what: expect.stringContaining(`refuses the credentials of context envtest in ${path}`) },
      ]);
    });

    it('a token that has expired', async () => {
      const path = cluster.write('expired.yaml', cluster.withToken(cluster.expired(accountToken('late'))));
      expect(await refusal(existingProfile(path))).toMatchObject({
        what: expect.stringContaining('refuses the credentials'),
        exit: 3,
      });
    });

    it('no credentials at all', async () => {
      const users = cluster.admin.users.map(({ name }) => ({ name, user: {} }));
      const path = cluster.write('nobody.yaml', { ...cluster.admin, users });
      expect(await refusal(existingProfile(path))).toMatchObject({
        what: `the API server refuses the credentials of context envtest in ${path}: it has none`,
      });
    });

    it('credentials that may not do what is needed, and says how to allow it: which then suffices', async () => {
      const path = cluster.write('poor.yaml', cluster.withToken(accountToken('poor')));
      const profile = existingProfile(path);
      const [finding, ...others] = await preflight(profile);
      // That it may not look for KubeVirt does not matter: there is none.
      expect(others).toMatchObject([{ severity: 'note', what: expect.stringContaining('has no KubeVirt') }]);
      expect(finding).toMatchObject({
        severity: 'error',
        what: 'the credentials of context envtest may not create namespaces, get namespaces, list namespaces, delete namespaces, list nodes, list events',
      });
      expect(await refusal(profile)).toMatchObject({ what: finding?.what, next: finding?.next, exit: 3 });
      const commands = (finding?.next ?? '')
        .replace(/^[^:]*: /, '')
        .replaceAll('USER', 'system:serviceaccount:default:poor');
      for (const command of commands.split('; ')) cluster.kubectl(command.split(' ').slice(1));
      const { environment } = await provision(profile);
      expect(environment.identity.grade).toEqual(['api']);
      const place = await environment.openAttempt?.('e2e-1');
      expect(place?.health).toEqual({ healthy: true });
      // What is asked of a namespace that is open counts too.
      expect(await environment.health()).toEqual({ healthy: true });
      await place?.close();
    });

    it('a cluster that does not answer, at once', async () => {
      const name = cluster.admin.clusters[0]?.name ?? '';
      const path = cluster.write('gone.yaml', {
        ...cluster.admin,
        clusters: [{ name, cluster: { server: 'https://127.0.0.1:1' } }],
      });
      expect(await refusal(existingProfile(path))).toMatchObject({
        what: expect.stringMatching(
          `^the cluster of context envtest in ${path} does not answer: .*127.0.0.1:1 was refused`,
        ),
        exit: 3,
      });
    });

    it('a login program that is not there', async () => {
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: 'no-such-login',
        interactiveMode: 'Never',
      };
      const users = cluster.admin.users.map(({ name }) => ({ name, user: { exec } }));
      const path = cluster.write('exec.yaml', { ...cluster.admin, users });
      expect(await refusal(existingProfile(path))).toMatchObject({
        what: expect.stringMatching(/refuses the credentials.*executable no-such-login not found/),
      });
    });

    it('a context, a file, or a kubectl that is not there, and says which there are', async () => {
      const path = callersFile();
      expect(await refusal(existingProfile(path, { context: 'elsewhere' }))).toMatchObject({
        what: `the kubeconfig ${path} cannot be used: cannot locate context elsewhere`,
        next: 'name one of its contexts in the profile (`context`): envtest, production',
      });
      expect(await refusal(existingProfile(`${dir}/none.yaml`))).toMatchObject({
        what: `there is no kubeconfig ${dir}/none.yaml`,
      });
      const tools = { kubectl: 'kubectl-that-is-nowhere', virtctl: 'virtctl' };
      expect(await refusal(existingProfile(path, { tools }))).toMatchObject({ reason: 'tool-missing' });
    });

    it('to install where the cluster is not to be changed', async () => {
      const path = cluster.write('admin.yaml', cluster.admin);
      expect(await refusal(existingProfile(path, { install: true }))).toMatchObject({
        what: expect.stringContaining('does not say which'),
      });
    });
  });

  it('is unhealthy once it refuses the credentials, which a test is not blamed for', async () => {
    cluster.kubectl(['create', 'serviceaccount', 'fired']);
    cluster.kubectl([
      'create',
      'clusterrolebinding',
      'fired',
      '--clusterrole=cluster-admin',
      '--serviceaccount=default:fired',
    ]);
    const path = cluster.write('fired.yaml', cluster.withToken(cluster.kubectl(['create', 'token', 'fired']).trim()));
    const { environment, provisioned } = await provision(existingProfile(path));
    const watch = environment.watch();
    cluster.kubectl(['delete', 'serviceaccount', 'fired']);
    // The API server remembers for ten seconds whom it knew.
    await vi.waitFor(async () => expect(await environment.health()).toMatchObject({ healthy: false }), {
      timeout: 60_000,
      interval: 1000,
    });
    expect(await watch.stop()).toMatchObject({ reason: expect.stringContaining('refuses the credentials') });
    // Nor can it be cleaned any more, and that is said.
    await expect(provisioned.cleanUp()).rejects.toThrow(/namespaces could not be listed/);
    await provisioned.cleanUp();
    expect(processesWithToken(provisioned.token)).toEqual([]);
  });
});

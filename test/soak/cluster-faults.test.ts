import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type ClusterLab,
  clusterObstacle,
  createClusterLab,
  docker,
  type HeldRun,
  NOTHING,
} from '../faults/cluster-lab.ts';

const OBSTACLE = await clusterObstacle('kind-plain');
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const ASIDE = '/etc/kubernetes/kube-apiserver.yaml';
/** The driver tries the API once, and does not care. */
const TRY = `try { kubectl(['get', 'pods']); } catch {}`;

let lab: ClusterLab;
beforeEach((context) => context.skip(OBSTACLE !== undefined, OBSTACLE));
beforeAll(async () => {
  if (OBSTACLE !== undefined) return;
  lab = createClusterLab({ profile: 'kind-plain', name: 'rffaults', after: TRY });
  const up = await lab.run('cluster', 'up', 'kind-plain');
  if (up.exit !== 0) throw new Error(`${up.stdout}${up.stderr}`);
}, 20 * 60_000);
afterAll(async () => {
  if (lab === undefined) return;
  expect(await lab.takeDown()).toEqual({ exit: 0, left: [] });
  lab.remove();
}, 5 * 60_000);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(200);
}

function apiAnswers(): boolean {
  return inNode('kubectl --kubeconfig=/etc/kubernetes/admin.conf --request-timeout=5s get --raw /readyz');
}

/** Whether a shell command in the node succeeds. */
function inNode(command: string): boolean {
  return spawnSync('docker', ['exec', lab.node, 'sh', '-c', command], { stdio: 'ignore' }).status === 0;
}

/** Where the program writes its diagnosis, while it does. */
function isDiagnosed({ token }: HeldRun): boolean {
  const dir = join(lab.temporary, `rf-${token}`);
  if (!existsSync(dir)) return true;
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).some((path) => path.endsWith('diagnosis/nodes'));
}

async function endOf(run: HeldRun) {
  const { exit, stdout, stderr } = await run.ended;
  return { exit, stderr, verdict: JSON.parse(stdout).verdict };
}

/** Text of an artifact that the newest run kept. */
function artifactText(ending: string): string {
  const shown = lab.json('show', 'thing').document;
  const found = JSON.stringify(shown).match(/"name":"([^"]+)","sha256":"([0-9a-f]{64})"/g) ?? [];
  const entry = found.map((text) => JSON.parse(`{${text}}`)).find(({ name }) => name.endsWith(ending));
  if (entry === undefined) throw new Error(`no artifact ${ending}`);
  const store = join(lab.repo, '.git', 'redfirst');
  const path = readdirSync(store, { recursive: true, encoding: 'utf8' }).find((one) =>
    one.includes(entry.sha256.slice(2)),
  );
  const bytes = readFileSync(join(store, path ?? ''));
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

function namespacesLeft(): string {
  return lab.kubectl('get', 'namespaces', '--output=name', '--selector=redfirst.dev/token');
}

const RED = ['red', 'thing', '--attempts', '1', '--json'] as const;
const INFRASTRUCTURE = { exit: 3, verdict: { code: 'infrastructure' } };

it('without a fault the same run is red/valid, and leaves nothing', async () => {
  const run = await lab.untilHeld('red', 'thing', '--json');
  lab.letGo();
  expect(await endOf(run)).toMatchObject({ exit: 0, verdict: { code: 'red/valid' } });
  expect(lab.left(run.token)).toEqual(NOTHING);
  expect(namespacesLeft()).toBe('');
});

describe('the API server stopped during e2e', () => {
  it('its static pod gone until the diagnosis was made: infrastructure, its last log kept, namespaces removed once it is back', async () => {
    const run = await lab.untilHeld(...RED);
    docker('exec', lab.node, 'mv', MANIFEST, ASIDE);
    await until(() => !apiAnswers());
    lab.letGo();
    await until(() => isDiagnosed(run));
    docker('exec', lab.node, 'mv', ASIDE, MANIFEST);
    const ended = await endOf(run);
    expect(ended).toMatchObject(INFRASTRUCTURE);
    expect(ended.verdict.detail).toContain('the API server does not answer');
    expect(artifactText('likely-cause.txt')).toMatch(/^API server gone: /);
    expect(artifactText('journal.log')).toContain('kubelet');
    expect(lab.left(run.token)).toEqual(NOTHING);
    expect(namespacesLeft()).toBe('');
  });

  it('its container stopped and started again by the kubelet before the suite ended: infrastructure all the same', async () => {
    const run = await lab.untilHeld(...RED);
    docker(
      'exec',
      lab.node,
      'sh',
      '-c',
      'crictl --timeout=60s stop --timeout=0 $(crictl ps --quiet --name kube-apiserver)',
    );
    await until(() => !apiAnswers());
    await until(apiAnswers);
    lab.letGo();
    expect(await endOf(run)).toMatchObject(INFRASTRUCTURE);
    expect(artifactText('likely-cause.txt')).toContain('the API server');
    expect(artifactText('kube-apiserver.log')).toContain('==>');
    expect(lab.left(run.token)).toEqual(NOTHING);
    expect(namespacesLeft()).toBe('');
  });

  it('at green, while every case passes: infrastructure and not green', async () => {
    const red = lab.git('rev-parse', 'HEAD');
    const first = await lab.untilHeld('red', 'thing', '--json');
    lab.letGo();
    expect(await endOf(first)).toMatchObject({ exit: 0 });
    lab.commit('a thing', { 'src/feature.mjs': 'export function does() {}\n' });
    const run = await lab.untilHeld('green', 'thing', '--attempts', '1', '--json');
    docker(
      'exec',
      lab.node,
      'sh',
      '-c',
      'crictl --timeout=60s stop --timeout=0 $(crictl ps --quiet --name kube-apiserver)',
    );
    await until(() => !apiAnswers());
    await until(apiAnswers);
    lab.letGo();
    expect(await endOf(run)).toMatchObject(INFRASTRUCTURE);
    lab.git('reset', '--quiet', '--hard', red);
  });
});

it('a node container paused during e2e: infrastructure within the deadlines; the next `cluster up` wakes it and removes what it kept', async () => {
  const run = await lab.untilHeld(...RED);
  docker('pause', lab.node);
  lab.letGo();
  const ended = await endOf(run);
  expect(ended).toMatchObject(INFRASTRUCTURE);
  expect(ended.stderr).toContain('clean-up failed: namespaces of this run');
  expect(lab.left(run.token)).toEqual(NOTHING);
  const up = await lab.run('cluster', 'up', 'kind-plain');
  expect({ exit: up.exit, stderr: up.exit === 0 ? '' : up.stderr }).toEqual({ exit: 0, stderr: '' });
  expect(up.stdout).toContain(`node ${lab.node} was not running, and was started`);
  expect(namespacesLeft()).toBe('');
});

it("a full disk in the node, where pods' logs lie: pods fail with it, and it is infrastructure", async () => {
  const image = docker(
    'exec',
    lab.node,
    'sh',
    '-c',
    "crictl images -o json | grep -o '[a-z.0-9/]*pause:[0-9.]*' | head -n 1",
  );
  const pod = JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
    spec: { containers: [{ name: 'p', image, imagePullPolicy: 'Never' }] },
  });
  lab.drive({
    after: `kubectl(['apply', '--filename=-'], ${JSON.stringify(pod)});
  while (!/no space left/.test(kubectl(['get', 'events', '--output=json']))) await sleep(500);`,
  });
  const run = await lab.untilHeld(...RED);
  // A small file system of the node's own: the machine's disk is not touched.
  docker('exec', lab.node, 'mount', '-t', 'tmpfs', '-o', 'size=4k,nr_inodes=1', 'full', '/var/log/pods');
  lab.letGo();
  const ended = await endOf(run);
  docker('exec', lab.node, 'umount', '/var/log/pods');
  expect(ended).toMatchObject(INFRASTRUCTURE);
  expect(ended.verdict.detail).toMatch(/a disk of the node is full: Pod p: \w+: .*no space left on device/);
  expect(lab.left(run.token)).toEqual(NOTHING);
  expect(namespacesLeft()).toBe('');
  lab.drive({ after: TRY });
});

describe('a kubeconfig', () => {
  it('that has expired, or is lost, is taken out of the node again by the next `cluster up`', async () => {
    expire(lab, '-1M');
    expect(() => lab.kubectl('get', 'nodes')).toThrow(/Unauthorized|logged in|expired/);
    expect((await lab.run('cluster', 'up', 'kind-plain')).exit).toBe(0);
    expect(lab.kubectl('get', 'nodes', '--output=name')).toBe(`node/${lab.node}`);
    rmSync(kubeconfigOf(lab));
    expect((await lab.run('cluster', 'up', 'kind-plain')).exit).toBe(0);
    expect(lab.kubectl('get', 'nodes', '--output=name')).toBe(`node/${lab.node}`);
  });

  it('that expires during e2e: infrastructure; what could not be removed goes with the next `cluster up`', async () => {
    lab.drive({
      after: `for (;;) try { kubectl(['get', 'pods']); await sleep(1000); } catch (error) {
    if (/Unauthorized|logged in|expired/.test(String(error.stderr))) break;
  }`,
    });
    expire(lab, '+4M');
    const run = await lab.untilHeld(...RED);
    lab.letGo();
    const ended = await endOf(run);
    expect(ended).toMatchObject(INFRASTRUCTURE);
    expect(ended.verdict.detail).toContain('the API server refuses the credentials');
    expect(lab.left(run.token)).toEqual(NOTHING);
    expect((await lab.run('cluster', 'up', 'kind-plain')).exit).toBe(0);
    expect(namespacesLeft()).toBe('');
    lab.drive({ after: TRY });
  });
});

function kubeconfigOf({ env, dir, cluster }: ClusterLab): string {
  const state = env['XDG_STATE_HOME'] ?? join(dir, '.local', 'state');
  return join(state, 'redfirst', 'clusters', cluster, 'kubeconfig');
}

/** Puts a client certificate into the kubeconfig that ends at a time from now (`date --date` words: `-1M` is a minute ago). */
function expire(from: ClusterLab, offset: '-1M' | '+4M'): void {
  const dir = join(from.dir, 'ca');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'new'), { recursive: true });
  for (const file of ['ca.crt', 'ca.key']) docker('cp', `${from.node}:/etc/kubernetes/pki/${file}`, join(dir, file));
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const config = `[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\nnew_certs_dir=new\nserial=serial\ndefault_md=sha256\npolicy=p\nx509_extensions=x\n[p]\norganizationName=optional\ncommonName=supplied\n[x]\nextendedKeyUsage=clientAuth\n`;
  writeFileSync(join(dir, 'ca.conf'), config);
  writeFileSync(join(dir, 'index.txt'), '');
  writeFileSync(join(dir, 'serial'), '4000000000000001\n');
  openssl(
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'user.key',
    '-out',
    'user.csr',
    '-subj',
    '/O=system:masters/CN=redfirst-test',
  );
  const stamp = (minutes: number): string =>
    `${new Date(Date.now() + minutes * 60_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`;
  openssl(
    ...[
      'ca',
      '-batch',
      '-config',
      'ca.conf',
      '-cert',
      'ca.crt',
      '-keyfile',
      'ca.key',
      '-in',
      'user.csr',
      '-out',
      'user.crt',
      '-notext',
    ],
    ...['-startdate', stamp(-60), '-enddate', stamp(offset === '-1M' ? -1 : 4)],
  );
  const data = (file: string): string => readFileSync(join(dir, file)).toString('base64');
  const path = kubeconfigOf(from);
  writeFileSync(
    path,
    readFileSync(path, 'utf8')
      .replace(/client-certificate-data: .*/, `client-certificate-data: ${data('user.crt')}`)
      .replace(/client-key-data: .*/, `client-key-data: ${data('user.key')}`),
  );
}

it('the Docker daemon restarted during e2e: infrastructure, and the next `cluster up` brings the node back', async (context) => {
  const restart = process.env['REDFIRST_SOAK_DAEMON_COMMAND'] ?? 'systemctl restart docker';
  context.skip(
    process.env['REDFIRST_SOAK_DAEMON'] !== '1',
    'it ends every container on the machine: set REDFIRST_SOAK_DAEMON=1 (and REDFIRST_SOAK_DAEMON_COMMAND, unless `systemctl restart docker` does it)',
  );
  const run = await lab.untilHeld(...RED);
  execFileSync('sh', ['-c', restart], { stdio: 'ignore' });
  lab.letGo();
  expect(await endOf(run)).toMatchObject(INFRASTRUCTURE);
  expect(lab.left(run.token)).toEqual(NOTHING);
  const up = await lab.run('cluster', 'up', 'kind-plain');
  expect({ exit: up.exit, stderr: up.exit === 0 ? '' : up.stderr }).toEqual({ exit: 0, stderr: '' });
  expect(namespacesLeft()).toBe('');
});

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { profileVariables } from '../../src/commands/profile-variables.ts';
import { processesWithToken } from '../../src/process/process-group.ts';
import { createLab, type Files, type Lab, PROGRAM, type Ran } from '../cli/lab.ts';
import { kindProfile, whyNoKind } from '../environments/kind-lab.ts';
import { staleClaims } from './kill-rounds.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CONFIG = { clusters: 'clusters' };

/** Folder that clusters are kept in from one test run to the next, for whoever works on these tests; they take minutes to make. */
const KEPT = process.env['REDFIRST_SOAK_KEEP'];

export type KindProfileName = 'kind-plain' | 'kind-kubevirt';

/** Why clusters of one of the repository's profiles cannot be made on this machine; undefined where they can. */
export async function clusterObstacle(name: KindProfileName): Promise<string | undefined> {
  return whyNoKind(await kindProfile(name, 'unnamed'));
}

/** What a suite's driver does. Statements of JavaScript; `kubectl(args, input)` works in the attempt's namespace. */
export interface DriverBody {
  /** Before it is held; for what the fault is to hit. */
  readonly before?: string;
  /** Once it is let go; then it fails as a red driver does. */
  readonly after?: string;
  /** Of the suite. */
  readonly deadline?: string;
  readonly grade?: string;
  /** What the scenario tests, in YAML: `{ red: base, green: head }`. */
  readonly system?: string;
}

export interface ClusterLabOptions extends DriverBody {
  readonly profile: KindProfileName;
  /** What its name begins with. */
  readonly name: string;
  /** Changes the text of the profile. */
  readonly edit?: (profile: string) => string;
  /** More files of the repository. */
  readonly files?: Files;
}

/** The program while it runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it wrote so far. */
  said(): string;
  readonly ended: Promise<Ran>;
}

export interface HeldRun extends Running {
  readonly token: string;
  readonly namespace: string;
}

/** A repository with one profile and one feature whose end-to-end suite holds still in the cluster until it is let go. */
export interface ClusterLab extends Lab {
  readonly profile: KindProfileName;
  readonly cluster: string;
  /** What the profile's node image is on this machine. */
  readonly image: string;
  /** Name of its first node, which is its container's too. */
  readonly node: string;
  start(...args: string[]): Running;
  run(...args: string[]): Promise<Ran>;
  /** Runs with `--json`. */
  // biome-ignore lint/suspicious/noExplicitAny: a document is looked at member by member, with assertions on each.
  ask(...args: string[]): Promise<{ exit: number | null; stderr: string; document: any }>;
  /** Starts the program and waits until the driver holds. */
  untilHeld(...args: string[]): Promise<HeldRun>;
  letGo(): void;
  kubectl(...args: string[]): string;
  /** Writes the driver anew, and commits it. */
  drive(body: DriverBody): void;
  /** What a run left; all empty when nothing. */
  left(token: string): { processes: number; folders: string[]; locks: string[]; claims: string[] };
  /** Ends what still runs; `cluster down`, and what is left of the cluster then. */
  takeDown(): Promise<{ exit: number | null; left: string[] }>;
}

const HOLDING = 'a thing is done';

function testText({ before = '', after = '' }: DriverBody): string {
  return `import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as feature from '../src/feature.mjs';

const { REDFIRST_KUBECTL, REDFIRST_NAMESPACE, HOLD } = process.env;
const kubectl = (args, input) =>
  execFileSync(REDFIRST_KUBECTL, ['--namespace', REDFIRST_NAMESPACE, '--request-timeout=20s', ...args], { encoding: 'utf8', input });

test('there is a namespace', () => assert.match(kubectl(['get', 'namespace', REDFIRST_NAMESPACE]), /Active/));
test('${HOLDING}', async () => {
  ${before}
  if (existsSync(HOLD)) writeFileSync(HOLD + '.reached', REDFIRST_NAMESPACE);
  while (existsSync(HOLD)) await sleep(50);
  ${after}
  assert.equal(feature.does?.name, 'does');
});
`;
}

function scenarioText(
  dir: string,
  { profile, deadline = '10m', grade = 'cluster', system }: ClusterLabOptions,
): string {
  return `apiVersion: redfirst.dev/v1
feature: thing
kind: bugfix
problem: A thing is not done.
criteria:
  - { id: AC-1, text: a thing is done, cases: [{ suite: e2e, match: is done }] }
paths:
  - implementation: ['src/**']
  - tests: ['tests/**']
${system === undefined ? '' : `system: ${system}\n`}suites:
  e2e:
    runner: node-test
    select: { files: [tests/e2e.test.mjs] }
    profile: ${profile}
    grade: [${grade}]
    evidence: C
    deadline: ${deadline}
    controls: [there is]
    env: { HOLD: ${join(dir, 'hold')} }
`;
}

/** The values of this machine, which the lab's own home hides. */
function machineValues(): string {
  const home = process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  const files = [join(home, 'redfirst', 'clusters.env'), join(ROOT, 'clusters', 'local.env')];
  return files.flatMap((path) => (existsSync(path) ? [readFileSync(path, 'utf8')] : [])).join('\n');
}

function profileText({ profile, edit = (text) => text }: ClusterLabOptions, cluster: string): string {
  const text = readFileSync(join(ROOT, 'clusters', `${profile}.yaml`), 'utf8');
  return edit(text.replace('provider: kind\n', `provider: kind\ncluster: ${cluster}\n`));
}

function nodeImage(): string {
  const text = readFileSync(join(ROOT, 'clusters', 'kind-plain.yaml'), 'utf8');
  return profileVariables(ROOT, CONFIG)('KIND_NODE_IMAGE') ?? /KIND_NODE_IMAGE:-([^}]+)/.exec(text)?.[1] ?? '';
}

export function docker(...args: string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** The lab at its red commit. Nothing is up yet. */
export function createClusterLab(options: ClusterLabOptions): ClusterLab {
  const { profile, name } = options;
  const cluster = KEPT === undefined ? `${name}-${process.pid}` : name;
  const lab = createLab(KEPT === undefined ? {} : { XDG_STATE_HOME: KEPT });
  const hold = join(lab.dir, 'hold');
  const reached = `${hold}.reached`;
  const state = join(KEPT ?? join(lab.dir, '.local', 'state'), 'redfirst', 'clusters');
  const node = `${cluster}-control-plane`;
  const base: Files = {
    'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\n',
    '.gitignore': 'clusters/local.env\n',
    [`clusters/${profile}.yaml`]: profileText(options, cluster),
    'clusters/local.env': machineValues(),
    'src/feature.mjs': 'export {};\n',
    ...options.files,
  };
  const drive = (body: DriverBody): void => {
    const suite = { ...options, ...body };
    lab.commit('tests of a thing', {
      'scenarios/thing/scenario.yaml': scenarioText(lab.dir, suite),
      'tests/e2e.test.mjs': testText(suite),
    });
  };
  const started: Running[] = [];
  const start = (...args: string[]): Running => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      cwd: lab.repo,
      env: { ...lab.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const ended = new Promise<Ran>((resolve) => child.once('close', (exit) => resolve({ exit, stdout, stderr })));
    const running = { child, ended, said: () => stdout + stderr };
    started.push(running);
    return running;
  };
  lab.commit('base', base);
  lab.git('switch', '--quiet', '--create', 'thing');
  drive(options);
  return {
    ...lab,
    profile,
    cluster,
    image: nodeImage(),
    node,
    start,
    drive,
    run: (...args) => start(...args).ended,
    ask: async (...args) => {
      const { exit, stdout, stderr } = await start(...args, '--json').ended;
      return { exit, stderr, document: JSON.parse(stdout === '' ? 'null' : stdout) };
    },
    letGo: () => rmSync(hold, { force: true }),
    untilHeld: async (...args) => {
      writeFileSync(hold, '');
      rmSync(reached, { force: true });
      const running = start(...args);
      while (!existsSync(reached)) {
        if (running.child.exitCode !== null || running.child.signalCode !== null)
          throw new Error(`it ended before its driver held (${running.child.exitCode}):\n${running.said()}`);
        await sleep(50);
      }
      const token = readdirSync(lab.temporary)[0]?.slice('rf-'.length) ?? '';
      return { ...running, token, namespace: readFileSync(reached, 'utf8') };
    },
    kubectl: (...args) =>
      execFileSync('kubectl', [`--kubeconfig=${join(state, cluster, 'kubeconfig')}`, ...args], {
        encoding: 'utf8',
      }).trim(),
    left: (token) => ({
      processes: processesWithToken(token).length,
      folders: readdirSync(lab.temporary),
      locks: existsSync(state) ? readdirSync(state).filter((name) => name.includes('.lock')) : [],
      claims: staleClaims(lab),
    }),
    takeDown: async () => {
      // What a test that failed left running.
      for (const { child } of started) child.kill('SIGKILL');
      await Promise.all(started.map(({ ended }) => ended));
      if (KEPT !== undefined) return { exit: 0, left: [] };
      const volumes = nodesOf(cluster).flatMap(volumesOf);
      const { exit } = await start('cluster', 'down', profile).ended;
      const all = new Set(docker('volume', 'ls', '--quiet').split('\n'));
      return {
        exit,
        left: [
          ...nodesOf(cluster).map((id) => `container ${id}`),
          ...volumes.filter((volume) => all.has(volume)).map((volume) => `volume ${volume}`),
          ...networkEntries(cluster).map((name) => `network entry ${name}`),
          ...(existsSync(join(state, cluster)) ? [`folder ${join(state, cluster)}`] : []),
          ...(existsSync(join(lab.dir, '.kube')) ? ['~/.kube'] : []),
        ],
      };
    },
  };
}

/** Ids of a cluster's node containers. */
export function nodesOf(cluster: string): string[] {
  return docker('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=io.x-k8s.kind.cluster=${cluster}`)
    .split('\n')
    .filter(Boolean);
}

/** Names of the volumes that a container has; none while Docker still makes it. */
export function volumesOf(id: string): string[] {
  const format = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}';
  const { stdout } = spawnSync('docker', ['inspect', '--format', format, id], { encoding: 'utf8' });
  return stdout.trim().split(' ').filter(Boolean);
}

function networkEntries(cluster: string): string[] {
  try {
    const names = docker('network', 'inspect', '--format', '{{range .Containers}}{{.Name}} {{end}}', 'kind');
    return names.split(' ').filter((name) => name.startsWith(`${cluster}-`));
  } catch {
    return [];
  }
}

export const NOTHING = { processes: 0, folders: [], locks: [], claims: [] };

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ASSETS, NO_ASSETS } from '../../environments/envtest-assets.ts';
import { type ExistingCluster, startExistingCluster } from '../../environments/existing-cluster.ts';
import { createLab, type Lab, PROGRAM, type Ran } from '../lab.ts';

/** Several runs of the program in one test, on a machine that may be busy. */
const TIMEOUT_MS = 300_000;

/** Makes something in its namespace, holds while the file HOLD exists, and then fails. */
const TEST = `import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const { REDFIRST_KUBECTL, REDFIRST_NAMESPACE, HOLD } = process.env;
const kubectl = (...args) => spawnSync(REDFIRST_KUBECTL, ['--namespace', REDFIRST_NAMESPACE, ...args], { encoding: 'utf8' });

test('takes a configmap', () => assert.equal(kubectl('create', 'configmap', 'a').status, 0));
test('has a guest', async () => {
  if (existsSync(HOLD)) writeFileSync(HOLD + '.reached', '');
  while (existsSync(HOLD)) await sleep(20);
  assert.equal(kubectl('get', 'configmap', 'guest').status, 0);
});
`;

const scenario = (hold: string): string => `apiVersion: redfirst.dev/v1
feature: guest
kind: bugfix
problem: There is no guest.
criteria:
  - { id: AC-1, text: there is one, cases: [{ suite: e2e, match: has a guest }] }
paths:
  - implementation: ['src/**']
  - tests: ['tests/**']
suites:
  e2e:
    runner: node-test
    select: { files: [tests/e2e.test.mjs] }
    profile: existing
    grade: [api]
    evidence: C
    deadline: 120s
    controls: [takes a configmap]
    env: { HOLD: ${hold} }
`;

describe('a run on an existing cluster', () => {
  let dir: string;
  let lab: Lab;
  let cluster: ExistingCluster;
  let hold: string;
  beforeEach((ctx) => ctx.skip(ASSETS === undefined, NO_ASSETS));
  beforeAll(async () => {
    if (ASSETS === undefined) return;
    dir = mkdtempSync(join(tmpdir(), 'rf-existing-'));
    cluster = await startExistingCluster(dir);
    lab = createLab({ KUBECONFIG: cluster.write('admin.yaml', cluster.admin) });
    hold = join(dir, 'hold');
    lab.commit('base', {
      'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nbase: main\n',
      'clusters/existing.yaml': `apiVersion: redfirst.dev/v1\nprovider: kubeconfig\nkubeconfig: \${KUBECONFIG}\nkubectl: ${ASSETS}/kubectl\n`,
      'src/guest.mjs': 'export {};\n',
    });
    lab.git('switch', '--quiet', '--create', 'guest');
    lab.commit('tests', { 'scenarios/guest/scenario.yaml': scenario(hold), 'tests/e2e.test.mjs': TEST });
  });
  afterAll(async () => {
    lab?.remove();
    await cluster?.stop();
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
  });

  /** Namespaces that redfirst has made. */
  const namespaces = (): string[] =>
    cluster
      .kubectl(['get', 'namespaces', '--selector=app.kubernetes.io/managed-by=redfirst', '--output=name'])
      .split('\n')
      .filter(Boolean);

  /** The stand-in for the namespace controller lives in this process, which must not be blocked meanwhile. */
  function red(): {
    readonly ended: Promise<Ran>;
    readonly reached: () => Promise<void>;
    readonly kill: (signal: NodeJS.Signals) => void;
  } {
    const child = spawn(process.execPath, [PROGRAM, 'red', 'guest'], {
      cwd: lab.repo,
      env: { ...lab.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const ended = new Promise<Ran>((resolve) => child.once('close', (exit) => resolve({ exit, stdout, stderr })));
    return {
      ended,
      kill: (signal) => child.kill(signal),
      reached: async () => {
        while (!existsSync(`${hold}.reached`)) {
          if (child.exitCode !== null) throw new Error(`it ended (${child.exitCode}):\n${stdout}${stderr}`);
          await sleep(20);
        }
        rmSync(`${hold}.reached`);
      },
    };
  }

  it(
    'is red as it should be, and leaves nothing in the cluster nor on the machine',
    async () => {
      const { exit, stdout } = await red().ended;
      expect([exit, stdout]).toEqual([0, expect.stringContaining('on existing, grade api')]);
      expect(namespaces()).toEqual([]);
      expect(readdirSync(lab.temporary)).toEqual([]);
      expect(readdirSync(join(lab.dir, '.local', 'state', 'redfirst', 'namespaces'))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'is only looked at by a doctor that was not told its name',
    () => {
      const looked = lab.redfirst('doctor');
      expect([looked.exit, looked.stdout]).toEqual([0, expect.stringContaining('the cluster was only looked at')]);
      expect(looked.stdout).toContain('next: `redfirst doctor existing` makes a namespace in it');
      expect(looked.stdout).not.toContain('grade api');
      expect(lab.redfirst('doctor', 'existing').stdout).toContain('grade api');
    },
    TIMEOUT_MS,
  );

  it(
    'leaves nothing when it is interrupted, and the next one removes what a killed one left',
    async () => {
      writeFileSync(hold, '');
      const interrupted = red();
      await interrupted.reached();
      expect(namespaces()).toHaveLength(1);
      interrupted.kill('SIGINT');
      expect(await interrupted.ended).toMatchObject({ exit: 130 });
      expect(namespaces()).toEqual([]);
      expect(readdirSync(lab.temporary)).toEqual([]);

      const killed = red();
      await killed.reached();
      killed.kill('SIGKILL');
      await killed.ended;
      expect(namespaces()).toHaveLength(1);
      rmSync(hold);
      const next = await red().ended;
      expect([next.exit, next.stderr]).toEqual([0, expect.stringContaining('namespaces of a run that was killed')]);
      expect(namespaces()).toEqual([]);
      expect(readdirSync(lab.temporary)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

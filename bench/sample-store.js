// An evidence store as months of work leave it behind, written through the store's own interface.
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const SUITES = ['contract', 'integration', 'e2e', 'unit'];
const ATTEMPTS = { red: 4, green: 3 };
const CASES = 20;

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/**
 * Writes `runs` finished runs, red and green in turn, two of each per feature: four suites, four attempts a suite at red
 * and three at green, ten artifacts an attempt, and a proof after every green run.
 */
export async function writeSampleStore(directory, { runs }) {
  const { openStore } = await loadEvidence();
  let atMs = Date.UTC(2026, 0, 5, 8);
  const opened = openStore({ directory, tool: 'redfirst bench', clock: () => (atMs += 1000) });
  if (!opened.ok) throw new Error(opened.failure.what);
  const store = opened.value;
  let redRun = '';
  for (let number = 0; number < runs; number++) {
    const phase = number % 2 === 0 ? 'red' : 'green';
    const feature = `feature-${String(number >> 2).padStart(3, '0')}`;
    const testDigest = sha256(`tests of ${feature} ${number >> 1}`);
    const stamp = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
    const run = `r${stamp}-${sha256(String(number)).slice(0, 4)}`;
    record(store, { run, feature, phase, testDigest, number });
    if (phase === 'red') redRun = run;
    else
      store.record({
        type: 'proof-judged',
        v: 1,
        feature,
        testDigest,
        redRun,
        greenRun: run,
        word: 'proven',
        obligations: obligations(),
      });
  }
  store.close();
}

function record(store, { run, feature, phase, testDigest, number }) {
  store.record(started({ run, feature, phase, testDigest, number }));
  store.record({ type: 'environment-identified', v: 1, run, identity: identity() });
  for (const [index, suite] of SUITES.entries()) {
    store.record({ type: 'suite-started', v: 1, run, suite, position: index + 1 });
    for (let attempt = 1; attempt <= ATTEMPTS[phase]; attempt++) {
      store.recordAttempt(attemptBody({ run, suite, attempt }), observations(suite, attempt, phase));
    }
    const code = phase === 'red' ? 'red/valid' : 'green/passed';
    const verdict = { suite, code, detail: `${CASES} drivers`, strength: 'strong', counts: { driver: CASES } };
    store.recordJudgement({ type: 'suite-judged', v: 1, run, verdict }, verdicts(suite, phase));
  }
  const verdict = { code: phase === 'red' ? 'red/valid' : 'green/passed', detail: 'every suite holds' };
  store.recordRunFinished({ type: 'run-finished', v: 1, run, verdict });
}

function started({ run, feature, phase, testDigest, number }) {
  const corner = (name) => ({
    corner: name,
    commit: sha256(`${name} ${number}`).slice(0, 40),
    tree: sha256(`tree ${name} ${number}`).slice(0, 40),
    synthesised: false,
    from: [],
  });
  const corners = (phase === 'red' ? ['B', 'R'] : ['B', 'R', 'H']).map(corner);
  const attempts = Array.from({ length: ATTEMPTS[phase] }, (_, i) => ({
    attempt: i + 1,
    order: ['declared', 'shuffled', 'drivers-alone', 'shuffled'][i],
    seed: 1_000_003 * (number + 1) + i,
  }));
  return {
    type: 'run-started',
    v: 1,
    run,
    feature,
    phase,
    corner: corners.at(-1),
    corners,
    draft: false,
    testDigest,
    patchId: phase === 'red' ? '' : sha256(`patch ${number}`).slice(0, 40),
    scenario: artifact('scenario.yaml', 2400),
    plan: SUITES.map((suite) => ({ suite, runner: 'go-test', profile: 'qemu', grade: ['vmm'], attempts })),
    seed: number,
    tool: 'redfirst bench',
    node: process.version,
    platform: 'linux-x64',
    recorderProcess: { pid: 4_000_000, startedAtTicks: 1, token: sha256(run).slice(0, 12) },
    buildsOn: [],
    refs: [`refs/heads/${feature}`],
  };
}

function identity() {
  return {
    profile: 'qemu',
    provider: 'qemu',
    profileDigest: sha256('profile'),
    grade: ['vmm'],
    facts: {
      accelerator: 'kvm',
      'host.cpu': 'a processor',
      'host.kernel': '6.8.0',
      'qemu.machine': 'q35',
      'qemu.version': '8.2.2',
    },
    findings: [],
  };
}

function attemptBody({ run, suite, attempt }) {
  const healthy = { healthy: true };
  return {
    type: 'attempt-finished',
    v: 1,
    run,
    suite,
    attempt,
    order: 'declared',
    orderGranularity: 'cases',
    seed: attempt,
    argv: ['go', 'test', '-json', '-count=1', `./tests/${suite}/...`],
    end: { cause: 'exited', code: 1 },
    durationMs: 12_345,
    report: { status: 'complete' },
    health: { before: healthy, during: healthy, after: healthy },
    dirtied: [],
    artifacts: ['stdout', 'stderr', 'report', ...Array.from({ length: 7 }, (_, i) => `files/guest-${i}.log`)].map(
      (name) => artifact(name, 10_000),
    ),
  };
}

const artifact = (name, bytes) => ({ name, sha256: sha256(name), bytes, cuts: [] });
const caseName = (suite, i) => `${suite}: AC-${(i % 4) + 1}: the guest is paused and resumed, case ${i}`;

function observations(suite, attempt, phase) {
  return Array.from({ length: CASES }, (_, i) => ({
    suite,
    attempt,
    name: caseName(suite, i),
    file: `tests/${suite}/pause_test.go`,
    outcome: phase === 'red' ? 'failed' : 'passed',
    where: 'body',
    ...(phase === 'red'
      ? { failure: { kind: 'assertion', type: 'assertion', message: `expected "paused", got "running" (${i})` } }
      : {}),
    durationUs: 1000 + i,
  }));
}

function verdicts(suite, phase) {
  return Array.from({ length: CASES }, (_, i) => ({
    suite,
    name: caseName(suite, i),
    role: 'driver',
    code: phase === 'red' ? 'red/assertion' : 'green/passed',
    strength: 'strong',
    criteria: [`AC-${(i % 4) + 1}`],
    signature: phase === 'red' ? 'expected "paused", got "running"' : '',
    detail: phase === 'red' ? 'it fails by its assertion' : 'it passes',
    outcomes: Array.from({ length: ATTEMPTS[phase] }, () => (phase === 'red' ? 'failed' : 'passed')),
  }));
}

function obligations() {
  return Array.from({ length: 15 }, (_, i) => ({
    code: `P${String(i + 1).padStart(2, '0')}`,
    title: 'An obligation as the report shows it',
    answer: 'holds',
    why: 'every driver failed in each of four attempts at R, and passes in each of three at H',
  }));
}

/** The store's sources, bundled anew: a bench measures what is there now. */
async function loadEvidence() {
  const cache = join(root, 'node_modules/.cache/redfirst-bench');
  mkdirSync(cache, { recursive: true });
  const outfile = join(cache, 'sample-store.mjs');
  await build({
    entryPoints: [join(root, 'src/evidence/open-store.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    external: ['better-sqlite3'],
    logLevel: 'error',
  });
  return import(outfile);
}

// What exporting JUnit costs, on processor time, against plain writers over the same evidence in the same process.
//
//   node bench/export.js [cases] [rounds]
//
// `same document` writes the bytes of the export with template strings, escaping as it goes (the share that
// junit-report-builder takes); `bare writer` writes names, times and failures only. Rounds are interleaved, and the
// median of the ratios is printed, and what four suites take in memory against one of them.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const cases = Number(process.argv[2] ?? 200_000);
const rounds = Number(process.argv[3] ?? 5);

const folder = mkdtempSync(join(tmpdir(), 'redfirst-bench-'));
try {
  const bundle = join(folder, 'export.cjs');
  buildSync({
    stdin: {
      contents: `export * from './src/export/junit.ts'; export * from './src/export/evidence-view.ts';
        export * from './src/export/case-text.ts'; export * from './src/export/junit-status.ts';
        export * from './src/export/xml-text.ts';`,
      resolveDir: root,
    },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: bundle,
  });
  measure(createRequire(import.meta.url)(bundle), bundle);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(ours, bundle) {
  const suite = makeSuite(cases);
  const run = makeRun(suite);
  const exported = ours.exportJunitSuite(suite, run);
  const same = sameDocument(ours, suite, exported);
  if (same !== exported) throw new Error('the peer does not write the same document');
  const work = {
    exportJunitSuite: () => ours.exportJunitSuite(suite, run),
    'same document': () => sameDocument(ours, suite, exported),
    'bare writer': () => bareWriter(suite),
  };
  const spent = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, make] of Object.entries(work)) {
      const before = process.cpuUsage();
      make();
      const { user, system } = process.cpuUsage(before);
      spent[name].push((user + system) / 1000);
    }
  }
  const ratio = (peer) => median(spent[peer].map((ms, round) => spent.exportJunitSuite[round] / ms));
  console.log(
    `JUnit export of ${cases} cases, ${(exported.length / 1e6).toFixed(1)} MB, ${rounds} rounds, CPU, Node ${process.version}`,
  );
  console.table({
    'same document': {
      'peer ms': Math.round(median(spent['same document'])),
      ratio: ratio('same document').toFixed(2),
      goal: '<= 10',
    },
    'bare writer': {
      'peer ms': Math.round(median(spent['bare writer'])),
      ratio: ratio('bare writer').toFixed(2),
      goal: '-',
    },
  });
  console.log(`ours: ${Math.round(median(spent.exportJunitSuite))} ms`);
  memory(bundle);
}

/**
 * Peak memory of a process that exports the cases in four suites, file by file, and of one that exports one such suite.
 * The heap is capped (1 MB per 1,000 cases, all of them counted), because V8 lets garbage lie while memory is free.
 */
function memory(bundle) {
  const script = join(folder, 'memory.cjs');
  writeFileSync(
    script,
    `const ours = require(${JSON.stringify(bundle)});
    const makeSuite = ${makeSuite}; const makeRun = ${makeRun};
    const [count, parts] = process.argv.slice(2).map(Number);
    const run = makeRun(...Array.from({ length: parts }, () => makeSuite(count / parts)));
    for (const { xml } of ours.exportJunitFiles(run)) if (xml.length === 0) throw new Error('empty');
    console.log(process.resourceUsage().maxRSS / 1024);`,
  );
  const heap = Math.max(64, Math.ceil(cases / 1000));
  const peak = (count, parts) => {
    const argv = [`--max-old-space-size=${heap}`, script, String(count), String(parts)];
    const { stdout, stderr, status } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return Number(stdout);
  };
  const [four, one] = [peak(cases, 4), peak(cases / 4, 1)];
  console.log(
    `peak memory, heap capped at ${heap} MB: ${four.toFixed(0)} MB for four suites of ${cases / 4} cases, ` +
      `${one.toFixed(0)} MB for one of them: ${(four / one).toFixed(2)} x`,
  );
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Rows are made as they are asked for, like a store's. Every tenth case is a driver that failed in four attempts. */
function makeSuite(count) {
  const nameOf = (index) => `kubevirt.io/kubevirt/pkg/pause :: pauses > guest ${index} > answers <QMP> & resumes`;
  const message = 'expected\n    <string>: running\nto equal\n    <string>: paused & "quiet"';
  const red = (index) => index % 10 === 0;
  function* verdicts() {
    for (let index = 0; index < count; index++) {
      const outcome = red(index) ? 'failed' : 'passed';
      yield {
        suite: 'unit',
        name: nameOf(index),
        role: red(index) ? 'driver' : 'control',
        code: red(index) ? 'red/assertion' : 'control-passed',
        criteria: red(index) ? ['AC-1'] : [],
        signature: red(index) ? message : '',
        detail: red(index) ? 'failed by assertion in every attempt' : 'passed without the feature',
        outcomes: [outcome, outcome, outcome, outcome],
      };
    }
  }
  function* observations() {
    for (let attempt = 1; attempt <= 4; attempt++) {
      for (let index = 0; index < count; index++) {
        const row = { suite: 'unit', attempt, name: nameOf(index), where: 'body', durationUs: 1234 };
        const failure = { kind: 'assertion', type: 'Error', message, location: { file: 'pause_test.go', line: 7 } };
        yield red(index) ? { ...row, outcome: 'failed', failure } : { ...row, outcome: 'passed' };
      }
    }
  }
  const verdict = { suite: 'unit', code: 'red/valid', detail: 'good', counts: {} };
  const attempts = [1, 2, 3, 4].map((attempt) => ({
    attempt,
    order: 'declared',
    seed: 1,
    end: { cause: 'exited', code: 1 },
    durationMs: 100,
    report: { status: 'complete' },
    artifacts: [],
  }));
  return {
    suite: 'unit',
    position: 1,
    profile: 'host',
    startedAtMs: 0,
    verdict,
    attempts,
    cases: verdicts,
    observations,
  };
}

function makeRun(...suites) {
  return {
    run: 'r20261122T164105Z-3fa9',
    feature: 'pause-guest',
    phase: 'red',
    corner: { corner: 'R', commit: 'c'.repeat(40), tree: 'e'.repeat(40), synthesised: false, from: [] },
    draft: false,
    testDigest: 'a'.repeat(64),
    checkpoint: `1:${'f'.repeat(64)}`,
    verdict: { code: 'red/valid', detail: 'good' },
    suites,
    startedAtMs: 0,
    finishedAtMs: 1,
  };
}

/** The peer: the same cases in the same bytes; head and tail are taken over, because they do not grow. */
function sameDocument(ours, suite, exported) {
  const start = exported.indexOf('\n', exported.indexOf('</testcase>')) + 1;
  const chunks = [exported.slice(0, start)];
  for (const evidence of ours.joinCases(suite, (verdict) => verdict !== undefined)) {
    const shown = ours.showVerdict(evidence.verdict, 'red');
    const name = attribute(shown.mark + evidence.name);
    const facts = ours
      .caseFacts(evidence, 'red')
      .map(([key, value]) => `${key}: ${value}\n`)
      .join('');
    const text = ours.failureText(evidence, suite.attempts);
    const out = (text ? `${facts}\n${text}\n` : facts).replaceAll(']]>', ']]]]><![CDATA[>');
    chunks.push(
      `    <testcase classname="pause-guest.red.unit" name="${name}" time="0.001">\n` +
        `      <system-out><![CDATA[${out}]]></system-out>\n    </testcase>\n`,
    );
  }
  chunks.push('  </testsuite>\n</testsuites>\n');
  return chunks.join('');
}

function bareWriter(suite) {
  const failed = new Map();
  for (const { name, outcome, failure } of suite.observations())
    if (outcome === 'failed') failed.set(name, failure.message);
  const chunks = ['<testsuites><testsuite name="unit">\n'];
  for (const { name } of suite.cases()) {
    const message = failed.get(name);
    chunks.push(
      `<testcase name="${attribute(name)}" time="0.001">${message ? `<failure>${attribute(message)}</failure>` : ''}</testcase>\n`,
    );
  }
  chunks.push('</testsuite></testsuites>\n');
  return chunks.join('');
}

function attribute(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;').replace(/\n/g, '&#xA;');
}

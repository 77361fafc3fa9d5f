// What orchestrating suites costs above the suites themselves: processor time of `redfirst red` with everything that it
// starts, against the same suites run bare, interleaved.
// Goals: at most 1 % for a suite of 30 s; a fixed part of at most two Node starts a suite.
// usage: node bench/orchestration.js [--seconds=30] [--rounds=3] [--fixed-rounds=15] [--program=dist/cli.js] [--json]
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { interleave, median } from './processor-time.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '3' },
    'fixed-rounds': { type: 'string', default: '15' },
    program: { type: 'string', default: join(import.meta.dirname, '../dist/cli.js') },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const program = resolve(values.program);
const SUITES = ['contract', 'integration', 'e2e', 'unit'];

/** A suite that costs `SECONDS` of processor time, whatever else the machine does, and reports one red case. */
const SUITE = `import { writeFileSync } from 'node:fs';
for (let x = 1; process.cpuUsage().user < Number(process.argv[2]) * 1e6; ) for (let i = 0; i < 1e6; i++) x = (x * 48271) % 2147483647;
writeFileSync(process.env.REDFIRST_REPORT, \`<testsuites><testsuite name="suite"><testcase classname="suite" name="AC-1: doubles"
  file="tests/suite.mjs" time="0.001"><failure type="AssertionError" message="expected 4, got 2">expected 4, got 2</failure>
  </testcase></testsuite></testsuites>\`);
process.exitCode = 1;
`;

const folder = mkdtempSync(join(tmpdir(), 'rf-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  XDG_CACHE_HOME: join(folder, 'cache'),
  GIT_CONFIG_GLOBAL: '/dev/null',
  REDFIRST_REPORT: join(folder, 'report.xml'),
};

/** A repository whose feature has its tests, and no code yet. */
function makeRepository(name, suites, cost) {
  const repo = join(folder, name);
  const write = (path, text) => {
    mkdirSync(dirname(join(repo, path)), { recursive: true });
    writeFileSync(join(repo, path), text);
  };
  const git = (...args) =>
    execFileSync('git', ['-C', repo, '-c', 'user.name=A', '-c', 'user.email=a@example.invalid', ...args], { env });
  write('redfirst.yaml', 'apiVersion: redfirst.dev/v1\nbase: main\npolicy: { grade: C }\n');
  write('clusters/host.yaml', 'apiVersion: redfirst.dev/v1\nprovider: host\n');
  write('src/double.mjs', 'export const double = (number) => number;\n');
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message=base');
  git('switch', '--quiet', '--create=double');
  write('tests/suite.mjs', SUITE);
  write('scenarios/double/scenario.yaml', scenario(suites, cost));
  git('add', '--all');
  git('commit', '--quiet', '--message=tests');
  return repo;
}

function scenario(suites, cost) {
  return `apiVersion: redfirst.dev/v1
feature: double
kind: bugfix
problem: Numbers are not doubled.
criteria:
  - id: AC-1
    text: double gives twice the number
    cases:
${suites.map((suite) => `      - { suite: ${suite}, match: doubles }\n`).join('')}paths:
  - implementation: ['src/**']
  - tests: ['tests/**']
suites:
${suites
  .map(
    (suite) => `  ${suite}:
    runner: command
    command: [${JSON.stringify(process.execPath)}, tests/suite.mjs, '${cost}']
    reportFormat: junit
    select: { files: [tests/suite.mjs] }
    profile: host
    evidence: C
    deadline: 30m
    red: { class: assertion, pattern: 'expected 4, got 2' }
`,
  )
  .join('')}`;
}

const empty = join(folder, 'empty.js');
writeFileSync(empty, '');
/** Records anew each time: a store that grows is another bench. */
const red = (repo) => ({
  argv: [
    'sh',
    '-c',
    'rm -rf "$1"; exec "$2" "$3" red double --store "$1"',
    'sh',
    join(folder, 'store'),
    process.execPath,
    program,
  ],
  cwd: repo,
  env,
});
const bare = (repo, suites, cost) => ({
  argv: [process.execPath, 'tests/suite.mjs', String(cost)],
  cwd: repo,
  env,
  times: suites,
  statuses: [1],
});

const one = makeRepository('one', SUITES.slice(0, 1), 0);
const four = makeRepository('four', SUITES, 0);
// The first run also makes the pooled worktree, which is there from then on.
const fixed = interleave(
  {
    'node empty.js': { argv: [process.execPath, empty], env, times: 3 },
    bare: bare(one, 4, 0),
    one: red(one),
    four: red(four),
  },
  Number(values['fixed-rounds']) + 1,
);
for (const figures of Object.values(fixed)) figures.shift();
const start = median(fixed['node empty.js']);
const suite = median(fixed.bare);
const ofOne = median(fixed.one) - suite;
const ofFour = median(fixed.four) - 4 * suite;
const perSuite = (ofFour - ofOne) / 3;
const perRun = ofOne - perSuite;

const long = makeRepository('long', SUITES.slice(0, 1), seconds);
const spent = interleave({ bare: bare(long, 1, seconds), red: red(long) }, Number(values.rounds));
const share = (median(spent.red) - median(spent.bare)) / median(spent.bare);

const results = [
  {
    name: `above a suite of ${seconds} s`,
    oursMs: median(spent.red),
    peer: 'the bare suite',
    peerMs: median(spent.bare),
    ratio: share,
    ...(seconds >= 30 ? { goal: 0.01 } : {}),
  },
  {
    name: 'fixed, a further suite',
    oursMs: perSuite,
    peer: 'node empty.js',
    peerMs: start,
    ratio: perSuite / start,
    goal: 2,
  },
  { name: 'fixed, a run of one suite', oursMs: ofOne, peer: 'node empty.js', peerMs: start, ratio: ofOne / start },
  {
    name: 'fixed, a run of four suites, by suite',
    oursMs: ofFour / 4,
    peer: 'node empty.js',
    peerMs: start,
    ratio: ofFour / 4 / start,
    goal: 2,
  },
];
if (values.json) console.log(JSON.stringify(results));
else {
  console.log(`processor time with all children, medians, interleaved; Node ${process.versions.node}\n`);
  console.log(
    `a Node start ${start.toFixed(0)} ms, an empty suite ${suite.toFixed(0)} ms, a run's own part ${perRun.toFixed(0)} ms`,
  );
  for (const { name, oursMs, peer, peerMs, ratio, goal } of results) {
    const figure = name.startsWith('above') ? `${(ratio * 100).toFixed(2)} %` : `${ratio.toFixed(2)} ×`;
    const limit = goal === undefined ? '' : goal === 0.01 ? '   goal ≤ 1 %' : `   goal ≤ ${goal} ×`;
    console.log(
      `${name.padEnd(40)} ${oursMs.toFixed(0).padStart(7)} ms   ${peer} ${peerMs.toFixed(0)} ms   ${figure}${limit}`,
    );
  }
}

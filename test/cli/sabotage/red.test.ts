import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CONTRACT_TEST, labAtRed, type SuiteText, scenarioText } from '../doubling.ts';
import type { Files, Lab } from '../lab.ts';

let lab: Lab | undefined;
afterEach(() => lab?.remove());

/** Each must be refused by its code, never be a valid red, and never be proven. */
function refuses(code: string, exit: number, files: Files): Lab {
  lab = labAtRed(files);
  const { exit: got, document } = lab.json('red', 'double');
  expect({
    code: document.verdict?.code ?? document.failure?.reason,
    exit: got,
    detail: document.verdict?.detail,
  }).toMatchObject({
    code,
    exit,
  });
  const proof = lab.json('prove', 'double', '--head', 'HEAD');
  expect(proof.exit).not.toBe(0);
  expect(proof.document.word ?? 'not proven').toBe('not proven');
  return lab;
}

const contract = (text: string): Files => ({ 'tests/contract.test.mjs': text });
const withContract = (suite: SuiteText, files: Files = {}): Files => ({
  'scenarios/double/scenario.yaml': scenarioText(suite),
  ...files,
});
/** A runner of our own making, for what real runners do only when they are broken. */
const emitting = (script: string, more = ''): Files =>
  withContract(
    {
      runner: 'command',
      select: '{ files: [] }',
      more: `command: [node, tests/emit.mjs]\nreportFormat: junit\n${more}`,
    },
    {
      'tests/emit.mjs': `import { writeFileSync, utimesSync } from 'node:fs';\nconst report = process.env.REDFIRST_REPORT;\n${script}\n`,
    },
  );
const FAILING = `<testsuite name="c" tests="1" failures="1"><testcase name="doubles a number" classname="c"><failure type="AssertionError" message="expected 4">expected 4</failure></testcase></testsuite>`;
const PASSING = `<testsuite name="c" tests="1" failures="0"><testcase name="doubles a number" classname="c"/></testsuite>`;

describe('a red run is refused', () => {
  it('when the test already passes and has no role', () => {
    refuses('vacuous', 1, contract(CONTRACT_TEST.replace('calc.double?.(2), 4', 'calc.add(2, 2), 4')));
  });

  it('when the test is skipped', () => {
    refuses('skipped', 1, contract(CONTRACT_TEST.replace("test('doubles", "test.skip('doubles")));
  });

  it('when no test is found', () => {
    refuses('no-tests', 1, contract('export {};\n'));
  });

  it('when the test file has a syntax error', () => {
    refuses('setup-failed', 1, contract(`${CONTRACT_TEST}\nconst = ;\n`));
  });

  it('when a fixture is broken', () => {
    refuses('setup-failed', 1, contract(`import '../tests/fixture-that-is-not-there.mjs';\n${CONTRACT_TEST}`));
  });

  it('when a beforeEach hook fails', () => {
    const text = `import { beforeEach } from 'node:test';\nbeforeEach(() => assert.fail('no database'));\n${CONTRACT_TEST}`;
    const suite = { more: '' };
    refuses('setup-failed', 1, { ...withContract(suite), ...contract(text) });
  });

  it('when a control fails', () => {
    refuses('control-failed', 1, contract(CONTRACT_TEST.replace('calc.add(1, 2), 3', 'calc.add(1, 2), 4')));
  });

  it('when the control that the scenario names is not there', () => {
    refuses('control-failed', 1, contract(CONTRACT_TEST.replace('adds two numbers', 'sums two numbers')));
  });

  it('when the test fails by an error that is no assertion', () => {
    const throwing = "(() => { throw new Error('no such thing'); })()";
    refuses('undeclared-failure', 1, contract(CONTRACT_TEST.replace('calc.double?.(2)', throwing)));
  });

  it('when the assertion is another than the declared one', () => {
    const more = "controls: ['adds']\nred: { class: assertion, pattern: 'double is not promised' }\n";
    refuses('undeclared-failure', 1, withContract({ more }));
  });

  it('when the test is flaky', () => {
    const text = CONTRACT_TEST.replace(
      'calc.double?.(2), 4',
      "process.env.REDFIRST_ATTEMPT === '2' ? 4 : undefined, 4",
    );
    refuses('unstable', 1, {
      ...withContract({ more: "controls: ['adds']\nattempts: { red: 2, green: 1 }\n" }),
      ...contract(text),
    });
  });

  it('when it fails in two ways', () => {
    const text = CONTRACT_TEST.replace('calc.double?.(2), 4', "process.env.REDFIRST_ATTEMPT === '2' ? 5 : 6, 4");
    refuses('unstable', 1, {
      ...withContract({ more: "controls: ['adds']\nattempts: { red: 2, green: 1 }\n" }),
      ...contract(text),
    });
  });

  it('when two cases have one name', () => {
    refuses('ambiguous-name', 1, contract(`${CONTRACT_TEST}test('doubles a number', () => {});\n`));
  });

  it('when the runner exits 0 although its report shows failures', () => {
    refuses('exit-mismatch', 1, emitting(`writeFileSync(report, ${JSON.stringify(FAILING)});`));
  });

  it('when the runner exits 1 although its report shows none', () => {
    refuses('exit-mismatch', 1, emitting(`writeFileSync(report, ${JSON.stringify(PASSING)});\nprocess.exitCode = 1;`));
  });

  it('when there is no report', () => {
    refuses('report-missing', 1, emitting('process.exitCode = 1;'));
  });

  it('when the report was left over from an earlier run', () => {
    const old = `writeFileSync(report, ${JSON.stringify(FAILING)});\nutimesSync(report, 1e9, 1e9);\nprocess.exitCode = 1;`;
    refuses('report-stale', 1, emitting(old));
  });

  it('when the report is truncated', () => {
    refuses(
      'report-unreadable',
      1,
      emitting(`writeFileSync(report, ${JSON.stringify(FAILING.slice(0, -12))});\nprocess.exitCode = 1;`),
    );
  });

  it('when the report is an HTML error page', () => {
    refuses(
      'report-unreadable',
      1,
      emitting(`writeFileSync(report, '<html><body>502</body></html>');\nprocess.exitCode = 1;`),
    );
  });

  it('when the report is about other tests', () => {
    const other = FAILING.replace('doubles a number', 'halves a number');
    const files = emitting(`writeFileSync(report, ${JSON.stringify(other)});\nprocess.exitCode = 1;`);
    const text = files['scenarios/double/scenario.yaml'] as string;
    refuses('report-foreign', 1, {
      ...files,
      'scenarios/double/scenario.yaml': text.replace(
        'select: { files: [] }',
        "select: { files: [], cases: 'doubles' }",
      ),
    });
  });

  it('when the runner is killed in the middle of a test', () => {
    const text = CONTRACT_TEST.replace(
      '() => assert.equal(calc.double?.(2), 4)',
      "async () => { process.kill(process.ppid, 'SIGKILL'); await new Promise((r) => setTimeout(r, 5000)); }",
    );
    refuses('not-finished', 1, contract(text));
  });

  it('when it hangs past its deadline, and no grandchild survives', () => {
    const text = `import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import test from 'node:test';
test('doubles a number', async () => {
  const plain = spawn('sleep', ['1000']);
  const detached = spawn('setsid', ['sleep', '1000'], { detached: true, stdio: 'ignore' });
  writeFileSync(process.env.REDFIRST_ARTIFACTS + '/pids', plain.pid + ' ' + detached.pid);
  await new Promise((resolve) => setTimeout(resolve, 100_000));
});
`;
    const files = { ...withContract({ more: 'deadline: 3s\n' }), ...contract(text) };
    files['scenarios/double/scenario.yaml'] = (files['scenarios/double/scenario.yaml'] as string).replace(
      '    deadline: 30s\n',
      '',
    );
    const { document } = ((): ReturnType<Lab['json']> => {
      refuses('timed-out', 1, files);
      return (lab as Lab).json('show', 'double');
    })();
    const pids = document.suites[0].attempts[0].artifacts.find(({ name }: { name: string }) => name === 'files/pids');
    const written = (lab as Lab).redfirst('show', '--artifact', pids.sha256).stdout.split(' ').map(Number);
    expect(written).toHaveLength(2);
    for (const pid of written) expect(commandLine(pid)).not.toContain('sleep');
  });

  it('when the suite changes its own worktree', () => {
    const text = `import { appendFileSync } from 'node:fs';\nappendFileSync('src/calc.mjs', '// changed\\n');\n${CONTRACT_TEST}`;
    refuses('dirty-tree', 1, contract(text));
  });

  it('when the implementation is smuggled into the red commit', () => {
    refuses('boundary-violated', 1, { 'src/double.mjs': 'export const double = (a) => a + a;\n' });
  });

  it('when a path has no role', () => {
    refuses('path-unclassified', 2, { 'mystery.bin': 'x' });
  });

  it('when a criterion has no red case', () => {
    const text = scenarioText().replace('criteria:\n', 'criteria:\n  - { id: AC-9, text: it also triples }\n');
    refuses('criterion-uncovered', 1, { 'scenarios/double/scenario.yaml': text });
  });

  it('when the environment is below the grade that the suite demands', () => {
    refuses('below-grade', 1, withContract({ more: "controls: ['adds']\ngrade: [vmm]\n" }));
  });
});

describe('a red run', () => {
  it('is refused in a dirty tree, and nothing runs', () => {
    lab = labAtRed();
    lab.write({ 'src/calc.mjs': 'export const double = 1;\n' });
    const { exit, document } = lab.json('red', 'double');
    expect({ exit, reason: document.failure.reason }).toEqual({ exit: 2, reason: 'dirty-tree' });
    expect(lab.redfirst('status').stdout).not.toContain('double');
  });

  it('counts for nothing when suites ran out of order', () => {
    lab = labAtRed();
    const { exit, document } = lab.json('red', 'double', '--suite', 'integration');
    expect({ exit, code: document.verdict.code }).toEqual({ exit: 1, code: 'order-violated' });
    expect(lab.json('red', 'double', '--suite', 'contract').document.verdict.code).toBe('not-finished');
  });

  it('does not mind failing tests of another feature beside ours', () => {
    lab = labAtRed(
      {
        'scenarios/double/scenario.yaml': scenarioText({
          select: '{ files: [tests/contract.test.mjs, tests/other.test.mjs] }',
        }),
      },
      {
        'tests/other.test.mjs': `import assert from 'node:assert/strict';\nimport test from 'node:test';\ntest('halves', () => assert.equal(1, 2));\n`,
      },
    );
    const { exit, document } = lab.json('red', 'double');
    expect({ exit, code: document.verdict.code }).toEqual({ exit: 0, code: 'red/valid' });
  });

  it('as a draft runs in a dirty tree and proves nothing', () => {
    lab = labAtRed();
    lab.write({ 'tests/contract.test.mjs': CONTRACT_TEST.replace('4)', '4, "draft")') });
    expect(lab.json('red', 'double', '--draft').exit).toBe(0);
    lab.git('checkout', '--quiet', '.');
    expect(lab.json('prove', 'double', '--red', 'HEAD').exit).not.toBe(0);
  });
});

function commandLine(pid: number): string {
  try {
    return readFileSync(join('/proc', String(pid), 'cmdline'), 'utf8');
  } catch {
    return '';
  }
}

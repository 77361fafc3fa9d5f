import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, ROOT } from '../../unit/suite/suite-lab.ts';

let folder: string;
const JUNIT = `<testsuite name="s" tests="3" failures="1" errors="0"><testcase classname="c" name="a"/>
<testcase classname="c" name="b"><failure message="m">token: ghp_0123456789abcdefghijklmnopqrstuvwxyz</failure></testcase>
<testcase classname="c" name="f"><flakyFailure/></testcase></testsuite>\n`;
const TAP = 'TAP version 14\n1..2\nok 1 - a\nok 2 - b # SKIP c\n';

beforeAll(() => {
  folder = makeFolder();
  spawnSync('git', ['init', '-q', folder]);
  for (const args of [
    ['config', 'user.name', 'a'],
    ['config', 'user.email', 'a@b'],
    ['commit', '-q', '--allow-empty', '-m', 'x'],
  ])
    spawnSync('git', ['-C', folder, ...args]);
  mkdirSync(join(folder, 'out'));
  writeFileSync(join(folder, 'out/junit.xml'), JUNIT);
  writeFileSync(join(folder, 'out/a.tap'), TAP);
  writeFileSync(join(folder, 'out/junit.xml.gz'), gzipSync(JUNIT));
  writeFileSync(join(folder, 'out/cut.xml.gz'), gzipSync(JUNIT.slice(0, 100)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function redfirst(...args: string[]): { exit: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'dist/cli.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' },
  });
  return { exit: status, stdout, stderr };
}
const masked = (text: string): string =>
  text
    .replace(/i\d{8}T\d{6}Z-[0-9a-f]{4}/g, 'ID')
    .replace(/\d+:[0-9a-f]{64}/g, 'CHECKPOINT')
    .replace(/of [0-9a-f]{12}\n/g, 'of COMMIT\n')
    .replace(/[0-9a-f]{16}\n/g, 'SHA256\n');
const WEAKER =
  'imported is weaker than any run: nobody saw where and in which order it came about; prove does not count it';

describe('redfirst import', () => {
  it('records nothing where a file is not there, or what is asked makes no sense', () => {
    const asked = [
      ['nope.xml'],
      ['out/a.tap', '--format', 'xml'],
      ['out/a.tap', '--exit', 'x'],
      ['out/a.tap', '--commit', 'nope'],
    ];
    expect(
      asked.map((args) => redfirst('import', ...args)).map(({ exit, stderr }) => [exit, stderr.split('\n')[0]]),
    ).toEqual([
      [2, 'error: "nope.xml" is no file'],
      [2, 'error: "xml" is no format'],
      [2, 'error: --exit takes a whole number'],
      [2, 'error: "nope" names no commit here'],
    ]);
    expect(redfirst('status').exit).toBe(4);
  });

  it('says what the reports say, and that it is weaker than a run', () => {
    const { exit, stdout } = redfirst('import', 'out/junit.xml', 'out/a.tap', '--feature', 'pause', '--commit', 'HEAD');
    expect({ exit, stdout: masked(stdout) }).toEqual({
      exit: 0,
      stdout: `imported ID  pause  said to be of COMMIT
  out/junit.xml (junit): 2 passed, 1 failed, 1 unstable
  out/a.tap (tap): 1 passed, 1 skipped
${WEAKER}
checkpoint CHECKPOINT
`,
    });
  });

  it('keeps what is not whole all the same, and ends with 4', () => {
    const { exit, stdout } = redfirst('import', 'out/cut.xml.gz');
    expect({ exit, stdout: masked(stdout) }).toEqual({
      exit: 4,
      stdout: `imported ID
  out/cut.xml.gz (junit): truncated: the document breaks off before its root element ends
${WEAKER}
checkpoint CHECKPOINT
`,
    });
  });

  it('a named exit code is a second witness', () => {
    const { exit, stdout } = redfirst('import', 'out/junit.xml.gz', '--exit', '0');
    expect({ exit, line: stdout.split('\n')[1] }).toEqual({
      exit: 0,
      line: '  out/junit.xml.gz (junit): 2 passed, 1 failed, 1 unstable; outside any case: exit code 0 contradicts the report',
    });
  });

  it('status and show tell of it as imported, and of no run', () => {
    expect(masked(redfirst('status').stdout)).toBe(`imported  pause  2 reports  ID
imported  1 report, 1 of them not whole  ID
imported  1 report  ID
`);
    const { features, runs, imported } = JSON.parse(redfirst('status', '--json').stdout) as Record<string, unknown[]>;
    expect([features, runs, imported?.length]).toEqual([[], [], 3]);
    expect(
      masked(redfirst('show', 'pause').stdout).replace(/\d+ bytes +/g, 'N bytes '),
    ).toBe(`imported ID  pause  said to be of COMMIT
  out/junit.xml (junit): 2 passed, 1 failed, 1 unstable
  out/a.tap (tap): 1 passed, 1 skipped
${WEAKER}

artifacts (redfirst show --artifact SHA256)
  out/junit.xml  N bytes SHA256
  out/a.tap      N bytes SHA256
`);
  });

  it('both verifiers find the record consistent, with its artifacts', () => {
    const { exit, stdout } = redfirst('verify');
    expect({ exit, first: stdout.split('\n')[0] }).toEqual({
      exit: 0,
      first: 'consistent: 4 events, 0 rows, 3 artifacts; signer unknown, no outside checkpoint given',
    });
    const second = spawnSync(
      'python3',
      [join(ROOT, 'test/evidence-verifier/verify.py'), join(folder, '.git/redfirst')],
      { encoding: 'utf8' },
    );
    expect([second.status, second.stdout.split(',')[0]]).toEqual([0, 'consistent: 4 events']);
  });

  it('what was imported is kept as it was, save for secrets, and a change of it is found', () => {
    const { imported } = JSON.parse(redfirst('show', 'pause', '--json').stdout) as {
      imported: { reports: { artifact: { sha256: string } }[] };
    };
    const [junit = '', tap = ''] = imported.reports.map(({ artifact }) => artifact.sha256);
    expect(redfirst('show', '--artifact', tap.slice(0, 12)).stdout).toBe(TAP);
    const kept = redfirst('show', '--artifact', junit.slice(0, 12)).stdout;
    expect([kept.includes('ghp_'), kept.includes('<testcase classname="c" name="a"/>')]).toEqual([false, true]);
    const store = join(folder, '.git/redfirst');
    const file = readdirSync(store, { recursive: true, encoding: 'utf8' }).find((one) =>
      basename(one).includes(tap.slice(2)),
    );
    rmSync(join(store, file ?? 'not there'));
    expect(redfirst('verify').exit).toBe(5);
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HEAD, labAtRed } from '../doubling.ts';
import type { Lab } from '../lab.ts';
import { mask } from './mask.ts';

let lab: Lab;
let redRun: string;
let greenRun: string;
let checkpoint: string;
const masked = (text: string): string => mask(text, lab.dir);

beforeAll(() => {
  lab = labAtRed();
});
afterAll(() => lab.remove());

describe('before anything is recorded', () => {
  it.each([['status'], ['show'], ['verify'], ['export junit']])(
    '%s ends with 4 and says how a record comes to be',
    (line) => {
      const { exit, stdout, stderr } = lab.redfirst(...line.split(' '));
      expect({ exit, stdout, stderr: masked(stderr) }).toEqual({
        exit: 4,
        stdout: '',
        stderr: `error: nothing is recorded yet: there is no evidence store at LAB/repo/.git/redfirst
  next: record a red run with \`redfirst red FEATURE\`, or name another store with --store
`,
      });
    },
  );

  it('prove asks for the red run', () => {
    const { exit, stderr } = lab.redfirst('prove', 'double');
    expect({ exit, first: masked(stderr).split('\n')[0] }).toEqual({
      exit: 4,
      first: 'error: nothing is recorded yet: there is no evidence store at LAB/repo/.git/redfirst',
    });
  });

  it('drafts alone are told as what they are', () => {
    expect(lab.redfirst('red', 'double', '--draft', '--suite', 'contract').exit).toBe(1);
    for (const line of ['status', 'export junit']) {
      const { exit, stderr } = lab.redfirst(...line.split(' '));
      expect({ exit, said: /^error: nothing is recorded yet: .*drafts/.test(stderr) }).toEqual({ exit: 4, said: true });
    }
  });
});

describe('red, green and prove', () => {
  it('red shows suites in order, every case with its reason, and the checkpoint to note', () => {
    const { exit, stdout, stderr } = lab.redfirst('red', 'double');
    checkpoint = /^checkpoint (\S+)$/m.exec(stdout)?.[1] ?? '';
    redRun = /run (r\S+)/.exec(stdout)?.[1] ?? '';
    expect({ exit, stdout: masked(stdout).replace(/^ {5}Expected values.*$/gm, '     REASON') }).toEqual({
      exit: 0,
      stdout: `double red  run RUN  R ID10  tests ID10

1. contract  red/valid  strong  1 attempt in TIME  on host, grade host
   1 driver red for the declared reason in every attempt
   control-passed  tests/contract.test.mjs > adds two numbers
   red/assertion   tests/contract.test.mjs > doubles a number  (AC-1)
     REASON

2. integration  red/valid  strong  1 attempt in TIME  on host, grade host
   1 driver red for the declared reason in every attempt
   red/assertion  tests/integration.test.mjs > the command doubles a number  (AC-1)
     REASON

red/valid: every criterion has a case that is red for the declared reason
checkpoint HEAD
`,
    });
    expect(masked(stderr)).toBe(`worktree at ID10
double red at R ID10: contract, integration
environment host: grade host
  contract: attempt 1 (declared): 2 cases, exit code 1, TIME
  contract: red/valid: 1 driver red for the declared reason in every attempt
  integration: attempt 1 (declared): 1 case, exit code 1, TIME
  integration: red/valid: 1 driver red for the declared reason in every attempt
run RUN: red/valid
`);
  });

  it('green and prove answer with 0, and the word says beside it what was not asked', () => {
    lab.commit(`double\n\nRedfirst-Red: ${checkpoint}`, HEAD);
    const green = lab.redfirst('green', 'double');
    greenRun = /run (r\S+)/.exec(green.stdout)?.[1] ?? '';
    expect(green.exit).toBe(0);
    expect(masked(green.stdout)).toContain('\ngreen/passed: every driver passes in every attempt\ncheckpoint HEAD\n');
    const { exit, stdout } = lab.redfirst('prove', 'double');
    expect({ exit, last: stdout.split('\n\n').at(-1) }).toEqual({
      exit: 0,
      last: 'observed (C)\n  not asked here: P01, P07, P11, P12, P14 (see above)\n',
    });
    expect(masked(stdout)).toContain(`P08  holds         drivers green at H in every attempt
     2 drivers passed in run RUN, in every attempt
`);
  });
});

describe('status', () => {
  it('shows features by suites', () => {
    expect(lab.redfirst('status')).toEqual({
      exit: 0,
      stderr: '',
      stdout: `feature  contract  integration  proof         last run
double   green     green        observed (C)  ${greenRun}
`,
    });
  });

  it('works from any folder of the repository, and from outside with --store', () => {
    const inside = lab.redfirst('-C', 'tests', 'status').stdout;
    expect(lab.redfirst('-C', lab.dir, 'status', '--store', join(lab.repo, '.git/redfirst')).stdout).toBe(inside);
    expect(inside).toContain(greenRun);
  });
});

describe('show', () => {
  it('takes a run, a unique beginning of it, a feature, or nothing for the newest', () => {
    const newest = lab.redfirst('show').stdout;
    expect(newest).toContain(`double green  run ${greenRun}  H `);
    expect(lab.redfirst('show', greenRun).stdout).toBe(newest);
    expect(lab.redfirst('show', 'double').stdout).toBe(newest);
    expect(lab.redfirst('show', greenRun.slice(0, -1)).stdout).toBe(newest);
    expect(lab.redfirst('show', redRun).stdout).toContain(`double red  run ${redRun}  R `);
  });

  it('says when a name is unknown, and when it fits several', () => {
    expect(lab.redfirst('show', 'halve')).toMatchObject({
      exit: 2,
      stderr: `error: no run and no feature "halve" is recorded
  next: list the features with \`redfirst status\`, and every run with \`redfirst status --json\`
`,
    });
    expect(lab.redfirst('show', 'r2').stderr).toMatch(/^error: 3 runs begin with "r2"\n/);
  });

  it('lists artifacts, and prints one by the digits it shows', () => {
    const { stdout } = lab.redfirst('show', redRun);
    const listed = stdout.slice(stdout.indexOf('artifacts'));
    expect(masked(listed).replace(/\d+ bytes +/g, 'N bytes  ')).toMatch(
      /^artifacts \(redfirst show --artifact SHA256\)\n +scenario\.yaml +N bytes {2}ID16\n( {2}contract 1 .*\n)+( {2}integration 1 .*\n)+$/,
    );
    const sha256 = /scenario\.yaml .* (\S+)$/m.exec(listed)?.[1] ?? '';
    const text = readFileSync(join(lab.repo, 'scenarios/double/scenario.yaml'), 'utf8');
    expect(lab.redfirst('show', '--artifact', sha256)).toEqual({ exit: 0, stdout: text, stderr: '' });
    expect(lab.json('show', '--artifact', sha256).document).toEqual({
      sha256: expect.stringMatching(new RegExp(`^${sha256}[0-9a-f]{48}$`)),
      bytes: Buffer.byteLength(text),
      text,
    });
    expect(lab.redfirst('show', '--artifact', '00')).toMatchObject({
      exit: 2,
      stderr: 'error: "00" is too short\n  next: copy at least 6 digits from `redfirst show RUN`\n',
    });
    expect(lab.redfirst('show', '--artifact', 'zzzzzz').stderr).toMatch(/^error: no artifact begins with "zzzzzz"\n/);
  });
});

describe('export junit', () => {
  const folderOf = (phase: string, run: string): string => `double-${phase}-${run}`;

  it('writes the newest run of each phase, one file a suite and one of the run; with --merged one of all', () => {
    const { exit, document } = lab.json('export', 'junit', '--out', 'reports', '--merged');
    const names = ['junit-1-contract.xml', 'junit-2-integration.xml', 'junit-run.xml', 'junit.xml'];
    const paths = [folderOf('red', redRun), folderOf('green', greenRun)].flatMap((folder) =>
      names.map((name) => join(lab.repo, 'reports', folder, name)),
    );
    expect({ exit, document }).toEqual({ exit: 0, document: { written: paths } });
    for (const path of paths) expectWellFormed(readFileSync(path, 'utf8'));
    const red = readFileSync(paths[0] as string, 'utf8');
    expect(red).toContain('name="[failed as expected] tests/contract.test.mjs > doubles a number"');
  });

  it('leaves the tree clean for the next run', () => {
    expect(lab.git('status', '--porcelain')).toBe('');
  });

  it('gives the same bytes for the same store', () => {
    const before = readAll(join(lab.repo, 'reports'));
    lab.redfirst('export', 'junit', '--out', 'again', '--merged');
    expect(readAll(join(lab.repo, 'again'))).toEqual(before);
    expect(before.size).toBe(9);
  });

  it('of one run alone; in mode outcome a red case is what the runner saw', () => {
    const { document } = lab.json('export', 'junit', redRun, '--mode', 'outcome', '--out', 'outcome');
    expect(document.written).toHaveLength(3);
    const text = readFileSync(document.written[0], 'utf8');
    expectWellFormed(text);
    expect(text).toContain('<failure');
    expect(text).not.toContain('[failed as expected]');
  });

  it.each([
    ['a file', (): string => join(lab.repo, 'redfirst.yaml')],
    ['below a file', (): string => join(lab.repo, 'redfirst.yaml', 'sub')],
    ['where the file system makes no folder', (): string => '/proc/redfirst'],
  ])('to %s ends with 3 and does not hang', (_, out) => {
    const { exit, stdout, stderr } = lab.redfirst('export', 'junit', '--out', out());
    expect({ exit, stdout }).toEqual({ exit: 3, stdout: '' });
    expect(stderr).toMatch(
      /^error: the report could not be written: E\w+: .*\n {2}next: name another folder with --out\n$/,
    );
  });

  it('refuses a run that is not recorded', () => {
    expect(lab.redfirst('export', 'junit', 'halve')).toMatchObject({ exit: 2, stdout: '' });
  });
});

describe('verify', () => {
  it('recomputes everything; a checkpoint noted elsewhere must be in it', () => {
    expect(masked(lab.redfirst('verify').stdout)).toMatch(
      /^consistent: \d+ events, \d+ rows, \d+ artifacts; signer unknown, no outside checkpoint given\nhead HEAD\n$/,
    );
    const anchored = lab.redfirst('verify', '--checkpoint', checkpoint);
    expect(anchored.exit).toBe(0);
    expect(anchored.stdout).toContain(`; it holds the checkpoint ${checkpoint}\n`);
    const [seq] = checkpoint.split(':');
    const other = lab.redfirst('verify', '--checkpoint', `${seq}:${'0'.repeat(64)}`);
    expect(other.exit).toBe(5);
    expect(other.stdout).toMatch(/^broken: /);
  });
});

describe('prune', () => {
  it('removes worktrees, keeps evidence, and the next run works', () => {
    const pool = join(lab.dir, 'cache/redfirst/pool');
    const slots = (): string[] =>
      readdirSync(pool).flatMap((id) => readdirSync(join(pool, id)).filter((name) => /^w\d+$/.test(name)));
    expect(slots()).toEqual(['w0']);
    const { exit, stdout } = lab.redfirst('prune');
    expect({ exit, stdout: masked(stdout) }).toEqual({
      exit: 0,
      stdout: 'removed LAB/cache/redfirst/pool/ID16/w0\nremoved cached set-up outputs in LAB/cache/redfirst/setup\n',
    });
    expect(slots()).toEqual([]);
    expect(lab.git('worktree', 'list')).not.toContain('pool');
    expect(lab.redfirst('status').stdout).toContain(greenRun);
    expect(lab.json('green', 'double', '--suite', 'contract').document.suites[0].code).toBe('green/passed');
  });
});

describe('completion', () => {
  const complete = (...words: string[]): string[] => {
    const script = `eval "$1"; COMP_WORDS=("\${@:2}"); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _redfirst; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const text = lab.redfirst('completion', 'bash').stdout;
    const ran = spawnSync('bash', ['-c', script, 'bash', text, 'redfirst', ...words], {
      cwd: lab.repo,
      encoding: 'utf8',
    });
    expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
    return ran.stdout.trim().split('\n');
  };

  it('of bash knows commands, options and features, in a real bash', () => {
    expect(complete('re')).toEqual(['red']);
    expect(complete('ex')).toEqual(['explain', 'export']);
    expect(complete('red', 'dou')).toEqual(['double']);
    expect(complete('green', '--f')).toEqual(['--fail-fast']);
  });

  it.for(['zsh', 'fish'])('of %s is right for that shell', (shell, ctx) => {
    const there = spawnSync(shell, ['--version']).status === 0;
    ctx.skip(!there, `${shell} is not installed`);
    const path = join(lab.dir, `completion.${shell}`);
    writeFileSync(path, lab.redfirst('completion', shell).stdout);
    expect(spawnSync(shell, ['-n', path], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});

function expectWellFormed(xml: string): void {
  const parser = new SaxesParser({ xmlns: true });
  let elements = 0;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', () => elements++);
  parser.write(xml).close();
  expect(elements).toBeGreaterThan(2);
}

function readAll(folder: string): Map<string, string> {
  expect(existsSync(folder)).toBe(true);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/commands/specs.ts';
import { createLab, type Lab, type Ran } from '../lab.ts';

let lab: Lab;
/** A folder that no repository holds. */
let outside: string;
const redfirst = (...args: string[]): Ran => lab.redfirst('-C', outside, ...args);

beforeAll(() => {
  lab = createLab();
  outside = lab.dir;
});
afterAll(() => lab.remove());

const NEXT_ROOT = 'next: redfirst --help';

describe('help', () => {
  it('is short and grouped without arguments, and the same with --help', () => {
    const bare = lab.redfirst();
    expect(bare).toMatchObject({ exit: 0, stderr: '' });
    expect(bare.stdout).toBe(
      `redfirst records proof that tests failed before the code existed, for the right reason, and pass because of it.

Usage: redfirst <command> [options]

Begin:
  pr          what the tests of a change really show, case by case; read-only, needs no configuration
  init        write redfirst.yaml, a first scenario and cluster profiles into this repository
  doctor      check this machine for what the profiles need, and say how to mend each finding
  cluster     bring up, take down, list and identify clusters of profiles, which runs then use again
  plan        show the ordered plan: suites, runners, environments, attempts, what covers each criterion

Record:
  red         run the suites where the code does not exist yet, and record how they fail
  stub        propose a stub for Go tests that do not build yet: what the code declares, without behaviour, as a patch
  green       run the same suites where the code exists, and record that they pass
  run         for CI: do the phase that the recorded state calls for, then prove

Judge:
  prove       judge every obligation over the recorded evidence and the commits
  corners     run a feature at all its corners at once, and show the role of every touched case; records nothing
  status      features by suites: red, green, proven, stale, regressed
  show        one run in full: suites, attempts, cases with their verdicts, artifacts
  judge       judge a runner's recorded output, without running anything and without a scenario
  explain     what a verdict, obligation, role or grade means, with an example and the next step
  verify      recompute chain, row digests, artifacts and checkpoints of the store

Share:
  export      write reports from recorded evidence: the same store gives the same bytes
  import      record reports that other tools wrote, as imported: shown, and never counted by prove
  prune       remove pooled worktrees, cached set-up outputs and what interrupted runs left behind
  completion  print a completion script for bash, zsh or fish

Options of every command:
  --json              print one JSON document on standard output and nothing else there
  --store <folder>    evidence store (default: redfirst/ in the repository's common git folder)
  -C, --cwd <folder>  run as if started there

redfirst <command> --help shows an example. Exit codes: 0 holds, 1 does not hold, 2 usage or configuration,
3 environment or program failed, 4 unproven, 5 integrity broken, 130/143 interrupted.
`,
    );
    expect(lab.redfirst('--help')).toEqual(bare);
    expect(lab.redfirst('help')).toEqual(bare);
  });

  it('of a command shows its options and an example', () => {
    const page = lab.redfirst('red', 'some-feature', '--help');
    expect(page).toMatchObject({ exit: 0, stderr: '' });
    expect(page.stdout).toBe(`Usage: redfirst red [options] <feature...>

run the suites where the code does not exist yet, and record how they fail

Arguments:
  feature             features, run one after the other on one environment

Options:
  --red <rev>         corner R (default: HEAD, which needs a clean tree)
  --stub <rev|patch>  run at S: R with a stub that declares what the tests miss, as a commit above R
                      or a patch file
  --base <rev>        corner B (default: where the branch left the base that redfirst.yaml names)
  --suite <name>...   only this suite, and each further one that is named so; counts only where they
                      are the first of the order
  --attempts <n>      attempts per suite, in place of what the scenario fixes
  --seed <n>          seed that every attempt's seed is derived from, to repeat an order
  --keep-going        go on with the next suite after one that does not hold (red does so anyway)
  --fail-fast         stop at the first suite that does not hold (green does so anyway)
  --keep              keep a cluster that this run made, and say how to reach it
  --draft             run in your own tree, dirty or not; recorded as a draft, proves nothing
  --json              print one JSON document on standard output and nothing else there
  --store <folder>    evidence store (default: redfirst/ in the repository's common git folder)
  -C, --cwd <folder>  run as if started there
  -h, --help          display help for command

Example:
  redfirst red pause-guest
  redfirst red pause-guest --red HEAD~2 --base main
  redfirst red pause-guest --stub stub.patch
`);
    expect(lab.redfirst('help', 'red').stdout).toBe(page.stdout);
  });

  it.each(COMMANDS.map(({ name, example }) => ({ name, example })))('of $name is there', ({ name, example }) => {
    const { exit, stdout, stderr } = lab.redfirst(name, '-h');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: redfirst ${name} \\[options\\]`));
    expect(stdout).toContain(`\nExample:\n  ${example[0]}\n`);
  });

  it('--version says which one', () => {
    const root = join(import.meta.dirname, '..', '..', '..');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(lab.redfirst('--version')).toEqual({ exit: 0, stdout: `redfirst ${version}\n`, stderr: '' });
  });
});

describe('a usage mistake ends with 2 and says what to do', () => {
  it.each([
    [['stauts'], 'there is no command "stauts"; did you mean "status"?', NEXT_ROOT],
    [['gren', 'x'], 'there is no command "gren"; did you mean "green"?', NEXT_ROOT],
    [['help', 'exprot'], 'there is no command "exprot"; did you mean "export"?', NEXT_ROOT],
    [['frobnicate'], 'there is no command "frobnicate"', NEXT_ROOT],
    [['constructor'], 'there is no command "constructor"', NEXT_ROOT],
    [['\u001b[2J'], 'there is no command "\\u001b[2J"', NEXT_ROOT],
    [['red'], "missing required argument 'feature'", 'next: redfirst red --help'],
    [['status', '--jsno'], "unknown option '--jsno' (Did you mean --json?)", 'next: redfirst status --help'],
    [['red', 'x', '--seed'], "option '--seed <n>' argument missing", 'next: redfirst red --help'],
    [
      ['red', 'x', '--seed', '-1'],
      '--seed takes a whole number from 0 to 2147483647, not "-1"',
      'next: for example: --seed 3',
    ],
    [
      ['green', 'x', '--attempts', '2000000000'],
      '--attempts takes a whole number from 1 to 50, not "2000000000"',
      'next: for example: --attempts 3',
    ],
    [['red', 'x', '--suite', 'smoke'], 'there is no suite "smoke"', 'next: one of contract, integration, e2e, unit'],
    [
      ['run', 'x', '--keep-going', '--fail-fast'],
      '--keep-going and --fail-fast exclude each other',
      'next: leave one of them out',
    ],
    [['plan', 'x', '--phase', 'blue'], '--phase is red or green, not "blue"', 'next: redfirst plan --help'],
    [['export', 'html'], 'there is no export format "html"', 'next: redfirst export junit'],
    [['export', 'junit', '--mode', 'x'], '--mode is verdict or outcome, not "x"', 'next: redfirst export --help'],
    [
      ['verify', '--checkpoint', '42'],
      '--checkpoint takes a sequence number and a hash, 42:<64 hex digits>, not "42"',
      'next: copy it as `redfirst red` printed it',
    ],
    [['completion', 'tcsh'], 'there is no completion for "tcsh"', 'next: redfirst completion bash, zsh or fish'],
    [['explain', 'red/assertio'], 'there is no code "red/assertio"; nearest: red/assertion', 'next: list them all'],
    [['explain', 'P06', 'P07'], 'explain takes one code', 'next: redfirst explain --help'],
  ])('%j', (args, what, next) => {
    const { exit, stdout, stderr } = lab.redfirst(...args);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    const [first, second, ...rest] = stderr.trimEnd().split('\n');
    expect(first?.startsWith(`error: ${what}`)).toBe(true);
    expect(second?.startsWith(`  ${next}`)).toBe(true);
    expect(rest).toEqual([]);
  });
});

describe('outside a repository', () => {
  it.each([
    [['status'], 'LAB is not inside a git repository, so there is no default evidence store'],
    [['plan', 'x'], 'LAB is not inside the work tree of a git repository'],
    [['init'], 'LAB is not inside the work tree of a git repository'],
  ])('%j says so', (args, what) => {
    const { exit, stderr } = redfirst(...args);
    expect(exit).toBe(2);
    expect(stderr.replaceAll(outside, 'LAB')).toMatch(new RegExp(`^error: ${what}\\n  next: [Cc]hange into`));
  });
});

describe('--json gives exactly one document, also on failure', () => {
  const OPERANDS: Readonly<Record<string, readonly string[]>> = {
    plan: ['x'],
    red: ['x', 'y'],
    green: ['x'],
    run: ['x'],
    prove: ['x'],
    export: ['junit'],
    explain: ['no-such-code'],
    completion: ['tcsh'],
  };

  it.each(COMMANDS.map(({ name }) => name))('%s', (name) => {
    const { exit, stdout, stderr } = redfirst(name, ...(OPERANDS[name] ?? []), '--json');
    expect(exit).toBe(2);
    const document = JSON.parse(stdout);
    const failure = document.failure ?? document.results[0].failure;
    expect(failure).toMatchObject({ exit: 2, what: expect.any(String), next: expect.any(String) });
    expect(stderr).toContain(`error: ${failure.what}\n`);
  });

  it.each([[['--json', 'stauts']], [['stauts', '--json']], [['--json']], [['red', '--json']]])('%j', (args) => {
    const { exit, stdout } = lab.redfirst(...args);
    expect({ exit, reason: JSON.parse(stdout).failure.reason }).toEqual({ exit: 2, reason: 'usage' });
  });

  it('of explain and completion too', () => {
    expect(JSON.parse(redfirst('explain', 'P06', '--json').stdout)).toMatchObject({ code: 'P06' });
    expect(JSON.parse(redfirst('explain', '--json').stdout).length).toBeGreaterThan(50);
    const { shell, script } = JSON.parse(redfirst('completion', 'fish', '--json').stdout);
    expect({ shell, script: redfirst('completion', 'fish').stdout }).toEqual({ shell: 'fish', script });
  });
});

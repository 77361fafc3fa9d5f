// The main job of `npm run demo`, through the built program alone: a repository with a base, a red and a head commit, all
// suites at red and at head, the proof, the reports.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const FEATURE = 'pause-guest';
const EXIT = { holds: 0, usage: 2, failed: 3 };

/** The demo's repository belongs to nobody: no configuration of the person who starts it may change what is seen. */
const GIT_ENV = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'redfirst demo',
  GIT_AUTHOR_EMAIL: 'demo@redfirst.invalid',
  GIT_COMMITTER_NAME: 'redfirst demo',
  GIT_COMMITTER_EMAIL: 'demo@redfirst.invalid',
};

/** Something is not as it must be; the demo ends with this status. */
class Unexpected extends Error {
  constructor(message, status = EXIT.failed) {
    super(message);
    this.status = status;
  }
}

/**
 * Runs the demo and prints what it does. Resolves with the exit status: 0 when the feature came out proven and everything
 * that was promised is there.
 *
 * @param program absolute path of the built command line
 * @param say prints one line with the elapsed seconds
 */
export async function runDemo({ program, say }) {
  try {
    return runSteps({ program, say, folder: makeFolder() });
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    process.stderr.write(`demo: ${error.message}\n`);
    return error.status;
  }
}

function runSteps({ program, say, folder }) {
  const repo = join(folder, 'repo');
  const store = join(folder, 'evidence');
  const junit = join(folder, 'junit');
  const git = (...args) => runGit(repo, args);
  // `--cwd` and `--store` are options of every command, so they go behind it.
  const redfirst = (command, ...args) => runCommand(program, [command, ...args, '--cwd', repo, '--store', store]);
  say(`making a sample repository; all that the demo makes stays in ${folder}`);
  mkdirSync(repo);
  git('init', '--quiet', '--initial-branch', 'main');
  lay(repo, 'sample/base');
  cpSync(join(here, '../../clusters'), join(repo, 'clusters'), { recursive: true });
  commit(git, 'vmctl starts and stops guests');
  git('switch', '--quiet', '--create', FEATURE);
  lay(repo, 'sample/red');
  cpSync(join(here, 'scenario.yaml'), join(repo, 'scenarios', FEATURE, 'scenario.yaml'));
  commit(git, 'Tests: vmctl pauses and resumes guests');

  say('red: the suites run where the code does not exist yet');
  redfirst('red', FEATURE);
  const checkpoint = readCheckpoint(program, repo, store);

  say('the code is written; its commit names the checkpoint of the red run');
  lay(repo, 'sample/head');
  commit(git, `vmctl pauses and resumes guests\n\nRedfirst-Red: ${checkpoint}`);

  say('green: the same suites run where the code exists');
  redfirst('green', FEATURE);
  say('prove: every obligation is judged');
  redfirst('prove', FEATURE);
  say('verify: chain, digests and artifacts are recomputed');
  redfirst('verify', '--checkpoint', checkpoint);
  say('export: JUnit for the viewers of a CI');
  redfirst('export', 'junit', '--out', junit);

  close({ word: readWord(program, repo, store), folder, repo, store, junit, program });
  return EXIT.holds;
}

function makeFolder() {
  const named = process.env.REDFIRST_DEMO_DIR;
  if (named === undefined || named === '') return mkdtempSync(join(tmpdir(), 'redfirst-demo-'));
  const folder = resolve(named);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0)
    throw new Unexpected(`REDFIRST_DEMO_DIR names a folder that is not empty: ${folder}`, EXIT.usage);
  return folder;
}

function lay(repo, overlay) {
  cpSync(join(here, overlay), repo, { recursive: true });
}

function commit(git, message) {
  git('add', '--all');
  git('commit', '--quiet', '--no-verify', '--message', message);
}

function runGit(repo, args) {
  const { status, stdout, stderr, error } = spawnSync('git', ['-C', repo, ...args], {
    env: { ...process.env, ...GIT_ENV },
    encoding: 'utf8',
  });
  if (status === 0) return stdout.trim();
  throw new Unexpected(`git ${args[0]} failed: ${(error?.message ?? stderr).trim()}`);
}

/** Shows a command and runs it before the eyes of whoever started the demo; any other end than "holds" ends the demo. */
function runCommand(program, args) {
  process.stdout.write(`\n$ redfirst ${args.join(' ')}\n`);
  const { status, signal } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  process.stdout.write('\n');
  if (status !== 0) throw new Unexpected(`redfirst ${args[0]} ended with ${signal ?? status}`, status ?? EXIT.failed);
}

function readDocument(program, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) throw new Unexpected(`redfirst ${args[0]} --json ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** The record's head when the red run was over, as `seq:hash`: what the commit with the code names. */
function readCheckpoint(program, repo, store) {
  const { finished } = readDocument(program, ['show', FEATURE, '--cwd', repo, '--store', store]);
  if (finished === undefined) throw new Unexpected('the red run has no end in the record');
  return `${finished.seq}:${finished.hash}`;
}

/** The word that the record ends with for the feature; the demo demands the strongest. */
function readWord(program, repo, store) {
  const { features } = readDocument(program, ['status', '--cwd', repo, '--store', store]);
  const word = features.find(({ feature }) => feature === FEATURE)?.word;
  if (word === 'proven') return word;
  throw new Unexpected(`the feature came out as ${JSON.stringify(word)}, not as proven`, 1);
}

function close({ word, folder, repo, store, junit, program }) {
  const reports = readdirSync(junit, { recursive: true }).filter((name) => name.endsWith('junit-run.xml'));
  if (reports.length === 0) throw new Unexpected(`no JUnit file was written to ${junit}`);
  const database = readdirSync(store).find((name) => /\.(db|sqlite3?)$/.test(name));
  if (database === undefined || !existsSync(join(store, database)))
    throw new Unexpected(`no database lies in ${store}`);
  const command = `node ${program}`;
  const lines = [
    `${FEATURE}: ${word}`,
    '',
    `  folder     ${folder}`,
    `  evidence   ${join(store, database)}`,
    ...reports
      .sort()
      .reverse()
      .map((name, index) => `  ${index === 0 ? 'JUnit' : '     '}      ${join(junit, name)}`),
    `  sample     ${repo}  (git log shows base, red and head)`,
    '',
    'Look next at:',
    `  ${command} show --cwd ${repo} --store ${store}      the last run, case by case`,
    `  ${command} status --cwd ${repo} --store ${store}`,
    `  ${command} explain red/assertion`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

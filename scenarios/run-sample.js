// A feature's whole life through the built program alone: a repository with a base, a red and a head commit, all suites at red
// and at head, the proof, the reports. `npm run demo` is this for one feature. Plain JavaScript with nothing to install before it.
//   node scenarios/run-sample.js FEATURE
//   node scenarios/run-sample.js FEATURE --only-repo FOLDER
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const EXIT = { holds: 0, usage: 2, failed: 3 };

/** The sample's repository belongs to nobody: no configuration of the person who starts it may change what is seen. */
const GIT_ENV = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'redfirst demo',
  GIT_AUTHOR_EMAIL: 'demo@redfirst.invalid',
  GIT_COMMITTER_NAME: 'redfirst demo',
  GIT_COMMITTER_EMAIL: 'demo@redfirst.invalid',
};

/** Something is not as it must be; the run ends with this status. */
class Unexpected extends Error {
  constructor(message, status = EXIT.failed) {
    super(message);
    this.status = status;
  }
}

/** The features that have a sample. `sample.json` names the base it starts from, its profile, the system under test at red where it has one, and the titles of its commits. */
function listSamples() {
  return readdirSync(here).filter((name) => existsSync(join(here, name, 'sample/sample.json')));
}

/** The feature that shows what a profile can do: what `npm run demo` runs on it. `undefined` where there is none. */
export function demoFeature(profile) {
  return { qemu: 'pause-guest', 'kind-kubevirt': 'pause-vm' }[profile];
}

function readSample(feature) {
  if (!listSamples().includes(feature)) {
    const why = feature === undefined ? 'no feature is named' : `there is no sample of ${feature}`;
    throw new Unexpected(`${why}; there are samples of ${listSamples().join(', ')}`, EXIT.usage);
  }
  return { feature, ...JSON.parse(readFileSync(join(here, feature, 'sample/sample.json'), 'utf8')) };
}

/**
 * Runs a feature from red to proven and prints what it does. Resolves with the exit status: 0 when it came out proven and
 * everything that was promised is there.
 *
 * @param program absolute path of the built command line
 * @param say prints one line with the elapsed seconds
 */
export async function runSample({ feature, program, say }) {
  return endWith(() => runSteps({ sample: readSample(feature), program, say, folder: makeFolder() }));
}

function endWith(run) {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Unexpected)) throw error;
    process.stderr.write(`demo: ${error.message}\n`);
    return error.status;
  }
}

function runSteps({ sample, program, say, folder }) {
  const { feature } = sample;
  const repo = join(folder, 'repo');
  const store = join(folder, 'evidence');
  const junit = join(folder, 'junit');
  const at = ['--cwd', repo, '--store', store];
  say(`making a sample repository; all that the demo makes stays in ${folder}`);
  mkdirSync(repo);
  makeRepository(sample, repo);

  const takeDown = bringUp(sample, program, at, say);
  try {
    runPhases({ sample, program, say, repo, at, junit });
  } finally {
    takeDown();
  }
  close({ feature, word: readWord(program, feature, at), folder, repo, store, junit, program });
  return EXIT.holds;
}

/** One cluster for red and green: a run that finds none makes its own. Gives what takes it down, where it was not up before. */
function bringUp({ profile, system }, program, at, say) {
  if (profile === 'qemu') return () => undefined;
  const { clusters } = readDocument(program, ['cluster', 'list', ...at]);
  const wasUp = clusters.some((one) => one.profile === profile && one.phase === 'ready');
  say(`environment: a cluster of profile ${profile}`);
  const within = system === undefined ? [] : ['--system', system];
  runCommand(program, ['cluster', 'up', profile, ...within, ...at]);
  if (wasUp) return () => undefined;
  return () => {
    say('the cluster goes, as it was not up before');
    runCommand(program, ['cluster', 'down', profile, ...at]);
  };
}

function runPhases({ sample, program, say, repo, at, junit }) {
  const { feature } = sample;
  // `--cwd` and `--store` are options of every command, so they go behind it.
  const redfirst = (command, ...args) => runCommand(program, [command, ...args, ...at]);
  say('red: the suites run where the code does not exist yet');
  redfirst('red', feature);
  const checkpoint = readCheckpoint(program, feature, at);

  say('the code is written; its commit names the checkpoint of the red run');
  lay(repo, `scenarios/${feature}/sample/head`);
  commit(repo, `${sample.title}\n\nRedfirst-Red: ${checkpoint}`);

  say('green: the same suites run where the code exists');
  redfirst('green', feature);
  say('prove: every obligation is judged');
  redfirst('prove', feature);
  say('verify: chain, digests and artifacts are recomputed');
  redfirst('verify', '--checkpoint', checkpoint);
  say('export: JUnit for the viewers of a CI');
  redfirst('export', 'junit', '--out', junit);
}

/** Base on main, the tests on a branch; the code is laid when the red run is over. */
function makeRepository({ feature, base, baseTitle, title }, repo) {
  git(repo, 'init', '--quiet', '--initial-branch', 'main');
  lay(repo, base);
  lay(join(repo, 'clusters'), 'clusters');
  // What this machine calls its images is needed, and is nobody's business.
  mkdirSync(join(repo, '.git/info'), { recursive: true });
  writeFileSync(join(repo, '.git/info/exclude'), 'clusters/local.env\n');
  nameRedfirst(join(repo, 'package.json'));
  commit(repo, baseTitle);
  git(repo, 'switch', '--quiet', '--create', feature);
  lay(repo, `scenarios/${feature}/sample/red`);
  cpSync(join(here, feature, 'scenario.yaml'), join(repo, 'scenarios', feature, 'scenario.yaml'));
  commit(repo, `Tests: ${title}`);
}

/** A sample whose tests use redfirst's packages says where this redfirst lies. */
function nameRedfirst(path) {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(/"redfirst": "file:[^"]*"/, `"redfirst": ${JSON.stringify(`file:${root}`)}`));
}

function makeFolder() {
  const named = process.env.REDFIRST_DEMO_DIR;
  if (named === undefined || named === '') return mkdtempSync(join(tmpdir(), 'redfirst-demo-'));
  return emptyFolder(named, 'REDFIRST_DEMO_DIR');
}

function emptyFolder(named, by) {
  const folder = resolve(named);
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0)
    throw new Unexpected(`${by} names a folder that is not empty: ${folder}`, EXIT.usage);
  return folder;
}

function lay(repo, overlay) {
  // What a person who tried an overlay on its own left in it is no part of the sample.
  const filter = (path) => !path.includes('node_modules', root.length);
  cpSync(join(root, overlay), repo, { recursive: true, filter });
}

function commit(repo, message) {
  git(repo, 'add', '--all');
  git(repo, 'commit', '--quiet', '--no-verify', '--message', message);
}

function git(repo, ...args) {
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
function readCheckpoint(program, feature, at) {
  const { finished } = readDocument(program, ['show', feature, ...at]);
  if (finished === undefined) throw new Unexpected('the red run has no end in the record');
  return `${finished.seq}:${finished.hash}`;
}

/** The word that the record ends with for the feature; the demo demands the strongest. */
function readWord(program, feature, at) {
  const { features } = readDocument(program, ['status', ...at]);
  const word = features.find((one) => one.feature === feature)?.word;
  if (word === 'proven') return word;
  throw new Unexpected(`the feature came out as ${JSON.stringify(word)}, not as proven`, 1);
}

function close({ feature, word, folder, repo, store, junit, program }) {
  const reports = readdirSync(junit, { recursive: true }).filter((name) => name.endsWith('junit-run.xml'));
  if (reports.length === 0) throw new Unexpected(`no JUnit file was written to ${junit}`);
  const database = readdirSync(store).find((name) => /\.(db|sqlite3?)$/.test(name));
  if (database === undefined || !existsSync(join(store, database)))
    throw new Unexpected(`no database lies in ${store}`);
  const command = `node ${program}`;
  const lines = [
    `${feature}: ${word}`,
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

/** Makes the repository alone, for whoever wants to type the rest. */
function runOnlyRepository(feature, named, program) {
  const sample = readSample(feature);
  const repo = emptyFolder(named, '--only-repo');
  makeRepository(sample, repo);
  const redfirst = `node ${program}`;
  const lines = [
    `${repo} holds the base on main and the tests on ${feature}; the code is not there yet. Next:`,
    '',
    `  cd ${repo}`,
    `  ${redfirst} doctor ${sample.profile}`,
    `  ${redfirst} plan ${feature}`,
    `  ${redfirst} red ${feature}                # prints a checkpoint, which the commit with the code names:`,
    `  cp -r ${join(here, feature, 'sample/head')}/. .`,
    '  git add --all',
    `  git commit -m '${sample.title}' -m 'Redfirst-Red: SEQ:HASH'`,
    `  ${redfirst} green ${feature}`,
    `  ${redfirst} prove ${feature}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return EXIT.holds;
}

const USAGE = 'usage: node scenarios/run-sample.js FEATURE [--only-repo FOLDER]';

async function main([feature, option, folder, ...more]) {
  const program = join(root, 'dist/cli.js');
  const understood = option === undefined || (option === '--only-repo' && folder !== undefined);
  if (feature?.startsWith('-') || !understood || more.length > 0) {
    process.stderr.write(`${USAGE}\n`);
    return EXIT.usage;
  }
  if (!existsSync(program)) {
    process.stderr.write(`${program} is not there\n  next: node demo.js --prepare-only\n`);
    return EXIT.failed;
  }
  if (option !== undefined) return endWith(() => runOnlyRepository(feature, folder, program));
  const say = (text) =>
    process.stdout.write(`[${String(Math.floor(performance.now() / 1000)).padStart(4)} s] ${text}\n`);
  return runSample({ feature, program, say });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  process.exitCode = await main(process.argv.slice(2));

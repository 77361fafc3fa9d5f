// npm run demo: prepares this machine, builds, and runs the main job for real. Plain JavaScript with nothing to install
// before it, because it is what installs. `--prepare-only` stops before the main job; CI begins with that.
import { execFileSync, spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { demoFeature, runSample } from './scenarios/run-sample.js';

const root = dirname(fileURLToPath(import.meta.url));
const EXIT = { usage: 2, environment: 3 };

/** Deadlines of whole steps, in seconds; each is many times what the step takes on a slow machine. */
const DEADLINE_S = { packages: 600, prebuilt: 45, apt: 900, compile: 1800, build: 120, probe: 60 };

/** What each need is called where. Elsewhere than on Debian and Ubuntu nothing is installed, only named. */
const PACKAGES = {
  'apt-get': { git: ['git'], qemu: ['qemu-system-x86'], compiler: ['g++', 'make', 'python3'] },
  dnf: { git: ['git-core'], qemu: ['qemu-system-x86-core'], compiler: ['gcc-c++', 'make', 'python3'] },
  pacman: { git: ['git'], qemu: ['qemu-system-x86'], compiler: ['gcc', 'make', 'python'] },
  apk: { git: ['git'], qemu: ['qemu-system-x86_64'], compiler: ['g++', 'make', 'python3'] },
};
const INSTALL = {
  dnf: 'dnf install',
  pacman: 'pacman -S',
  apk: 'apk add',
  'apt-get': 'apt-get install',
};

/** An end that a person can do something about: what happened, and what to do next. */
class Stop extends Error {
  constructor(exit, what, next) {
    super(what);
    this.exit = exit;
    this.next = next;
  }
}

const startedAt = performance.now();
function say(text) {
  const seconds = Math.floor((performance.now() - startedAt) / 1000);
  process.stdout.write(`[${String(seconds).padStart(4)} s] ${text}\n`);
}

const logPath = join(mkdtempSync(join(tmpdir(), 'redfirst-setup-')), 'setup.log');
const log = openSync(logPath, 'a');

/** Runs a program with its output in the log. Resolves with whether it ended well within its deadline. */
function runLogged(command, args, { deadlineS, env = {}, cwd = root }) {
  writeSync(log, `\n$ ${[command, ...args].join(' ')}\n`);
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      timeout: deadlineS * 1000,
    });
    child.on('error', (error) => {
      writeSync(log, `${error.message}\n`);
      done(false);
    });
    child.on('close', (code, signal) => {
      if (signal !== null) writeSync(log, `ended by ${signal}\n`);
      done(code === 0);
    });
  });
}

function findOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

function readOptions(argv) {
  const options = { prepareOnly: false, profile: 'qemu' };
  for (let at = 0; at < argv.length; at += 1) {
    const [name, inline] = argv[at].split('=', 2);
    if (name === '--prepare-only' && inline === undefined) options.prepareOnly = true;
    else if (name === '--profile') {
      options.profile = inline ?? argv[at + 1] ?? '';
      if (inline === undefined) at += 1;
    } else
      throw new Stop(
        EXIT.usage,
        `there is no option ${argv[at]}`,
        'npm run demo -- [--profile qemu|kind-kubevirt] [--prepare-only]',
      );
  }
  if (demoFeature(options.profile) === undefined) {
    const known = 'npm run demo, or npm run demo -- --profile kind-kubevirt';
    throw new Stop(EXIT.usage, `the demo knows no profile ${options.profile}`, known);
  }
  return options;
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Stop(
    EXIT.environment,
    `this is Node ${process.versions.node}`,
    'install Node 20.19 or later: https://nodejs.org',
  );
}

/** Whether node_modules holds what the lock asks for; what is optional may be for another platform. */
function packagesAreInstalled() {
  const installedPath = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

async function installPackages() {
  if (packagesAreInstalled()) return;
  if (!findOnPath('npm')) {
    throw new Stop(EXIT.environment, 'npm is not on PATH', 'install npm; it comes with Node from https://nodejs.org');
  }
  say('installing npm packages (npm ci --ignore-scripts)');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  if (await runLogged('npm', args, { deadlineS: DEADLINE_S.packages })) return;
  throw new Stop(
    EXIT.environment,
    `npm ci failed, see ${logPath}`,
    'check the network and the npm registry, then try again',
  );
}

const addonFolder = join(root, 'node_modules/better-sqlite3');
const addon = join(addonFolder, 'build/Release/better_sqlite3.node');

/**
 * Tries the add-on in a process of its own: a file that does not fit may end the process that loads it. Statements are
 * left to the garbage collector between promises, which is where add-ons made for Node 24.19 and later die (GUARD).
 */
function addonWorks() {
  const script = `const db = new (require('better-sqlite3'))(':memory:');
    (async () => { for (let i = 0; i < 50000; i += 1) { db.prepare('select sqlite_version()').get(); await null; } })();`;
  return existsSync(addon) && runLogged(process.execPath, ['-e', script], { deadlineS: DEADLINE_S.probe });
}

function cachedAddon() {
  const { version } = JSON.parse(readFileSync(join(addonFolder, 'package.json'), 'utf8'));
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const name = `${version}-${process.versions.modules}-${process.platform}-${process.arch}.node`;
  return join(cache, 'redfirst/better-sqlite3', name);
}

/** The target has the whole file or none of it, whoever else copies at the same moment. */
function copyWhole(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const partial = `${to}.${process.pid}`;
  copyFileSync(from, partial);
  renameSync(partial, to);
}

/** True when better-sqlite3 loads with what is here, in our cache, or offered ready-made by its authors. */
async function findAddon() {
  if (await addonWorks()) return true;
  const cached = cachedAddon();
  if (existsSync(cached)) {
    copyWhole(cached, addon);
    if (await addonWorks()) {
      say(`better-sqlite3's native add-on comes from ${cached}`);
      return true;
    }
    rmSync(cached);
  }
  say(`looking for better-sqlite3's ready-made add-on`);
  const prebuilt = [join(root, 'node_modules/prebuild-install/bin.js')];
  await runLogged(process.execPath, prebuilt, { deadlineS: DEADLINE_S.prebuilt, cwd: addonFolder });
  if (!(await addonWorks())) return false;
  keepAddon();
  return true;
}

/** A cache that cannot be written only costs the next clone its time. */
function keepAddon() {
  try {
    copyWhole(addon, cachedAddon());
  } catch (error) {
    say(`the add-on is not kept for the next clone: ${error.message}`);
  }
}

/** Where the headers of exactly this Node lie, if they came with it. */
function findHeaders() {
  const folders = [resolve(dirname(process.execPath), '..'), '/usr', '/usr/local'];
  return folders.find((folder) => {
    const header = join(folder, 'include/node/node_version.h');
    if (!existsSync(header) || !existsSync(join(folder, 'include/node/node.h'))) return false;
    const text = readFileSync(header, 'utf8');
    const number = (name) => new RegExp(`#define ${name} (\\d+)`).exec(text)?.[1];
    return (
      ['MAJOR', 'MINOR', 'PATCH'].map((part) => number(`NODE_${part}_VERSION`)).join('.') === process.versions.node
    );
  });
}

/**
 * Included before better-sqlite3's own code. Since 24.19 the headers of Node 24 let every wrapped object add a clean-up hook
 * and remove it when it is collected, which aborts the process (nodejs/node#65446); better-sqlite3 12 cleans up by itself and
 * did well without. Changes nothing for headers without these hooks.
 */
const GUARD = `#include <node.h>
namespace node { inline void leaveHookOut(v8::Isolate*, void (*)(void*), void*) {} }
#define AddEnvironmentCleanupHook leaveHookOut
#define RemoveEnvironmentCleanupHook leaveHookOut
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
`;

async function compileAddon() {
  const headers = findHeaders();
  say(`compiling better-sqlite3's native add-on, which takes two or three minutes, once per machine`);
  const guard = join(dirname(logPath), 'guard.h');
  writeFileSync(guard, GUARD);
  const env = {
    CXXFLAGS: `${process.env.CXXFLAGS ?? ''} -include ${guard}`,
    npm_config_build_from_source: 'true',
    JOBS: 'max',
    ...(headers === undefined ? {} : { npm_config_nodedir: headers }),
  };
  const args = ['rebuild', 'better-sqlite3', '--ignore-scripts=false', '--foreground-scripts'];
  await runLogged('npm', args, { deadlineS: DEADLINE_S.compile, env });
  if (await addonWorks()) return keepAddon();
  const next =
    headers === undefined
      ? `the headers of Node ${process.versions.node} were not found beside it and may not have been fetched: use a Node that brings include/node (an archive of https://nodejs.org, or NodeSource's nodejs package)`
      : `what the compiler said is at the end of ${logPath}`;
  throw new Stop(EXIT.environment, `better-sqlite3 did not compile, see ${logPath}`, next);
}

/** Needs that this machine does not meet, as keys of PACKAGES. */
function missingNeeds(mustCompile) {
  const compiler = ['g++', 'make', 'python3'].every(findOnPath);
  return [
    ...(findOnPath('git') ? [] : ['git']),
    ...(findOnPath('qemu-system-x86_64') ? [] : ['qemu']),
    ...(mustCompile && !compiler ? ['compiler'] : []),
  ];
}

/** How to become root without asking: nothing to add, `sudo -n`, or no way. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
    return ['sudo', '-n'];
  } catch {
    return undefined;
  }
}

/** Stops with all that is missing where this program may not install it. */
function demandInstaller(needs) {
  if (needs.length === 0) return;
  const manager = Object.keys(PACKAGES).find(findOnPath);
  if (manager === 'apt-get' && rootPrefix() !== undefined) return;
  const names = needs.flatMap((need) => PACKAGES[manager ?? 'apt-get'][need]).join(' ');
  const how = manager === undefined ? `${names} (Debian's names)` : `${INSTALL[manager]} ${names}`;
  throw new Stop(EXIT.environment, `missing here: ${needs.join(', ')}`, `install them and start again: ${how}`);
}

/** Said aloud, because it changes the machine. Never twice at once: apt holds a lock. */
async function installNeeds(needs) {
  if (needs.length === 0) return;
  const packages = needs.flatMap((need) => PACKAGES['apt-get'][need]);
  say(`installing Debian packages with apt-get, as root: ${packages.join(' ')}`);
  const apt = (...args) => {
    const [command, ...rest] = [...rootPrefix(), 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    return runLogged(command, rest, { deadlineS: DEADLINE_S.apt });
  };
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  const lists = '/var/lib/apt/lists';
  const hasLists = existsSync(lists) && readdirSync(lists).some((name) => name.includes('_Packages'));
  // Lists may also be too old: what they name is then gone from the mirror.
  const installed = (hasLists && (await apt(...install))) || ((await apt('update')) && (await apt(...install)));
  if (installed && !missingNeeds(true).some((need) => needs.includes(need))) return;
  throw new Stop(
    EXIT.environment,
    `apt-get failed, see ${logPath}`,
    `install by hand: apt-get install ${packages.join(' ')}`,
  );
}

async function buildProgram() {
  say('building the program where it changed (node build.js)');
  if (await runLogged(process.execPath, ['build.js', '--if-stale'], { deadlineS: DEADLINE_S.build })) return;
  throw new Stop(EXIT.environment, `the build failed, see ${logPath}`, 'node build.js shows why');
}

async function prepare(profile) {
  checkNode();
  await installPackages();
  const mustCompile = !(await findAddon());
  // What a cluster needs instead of QEMU, redfirst itself looks for and names.
  const needs = missingNeeds(mustCompile).filter((need) => need !== 'qemu' || profile === 'qemu');
  demandInstaller(needs);
  await installNeeds(needs.filter((need) => need !== 'qemu'));
  // QEMU has hundreds of files to unpack and the compiler keeps one processor busy: side by side they cost half a minute less.
  const parts = [installNeeds(needs.filter((need) => need === 'qemu')), ...(mustCompile ? [compileAddon()] : [])];
  const failed = (await Promise.allSettled(parts)).find(({ status }) => status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  await buildProgram();
  say('this machine is ready');
}

async function main() {
  const { prepareOnly, profile } = readOptions(process.argv.slice(2));
  await prepare(profile);
  closeSync(log);
  rmSync(dirname(logPath), { recursive: true, force: true });
  if (prepareOnly) return 0;
  return runSample({ feature: demoFeature(profile), program: join(root, 'dist/cli.js'), say });
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    if (error.exit === EXIT.usage) rmSync(dirname(logPath), { recursive: true, force: true });
    process.stderr.write(`demo: ${error instanceof Stop ? error.message : error.stack}\n`);
    if (error instanceof Stop) process.stderr.write(`  next: ${error.next}\n`);
    process.exitCode = error instanceof Stop ? error.exit : EXIT.environment;
  },
);

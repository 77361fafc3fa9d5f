// npm test: builds, runs vitest, and closes with one line that counts. Arguments go to vitest.
// Fails also where nothing passed, or where a skipped test does not say why.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const args = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'redfirst-tests-'));
const summaryPath = join(folder, 'summary.json');

function run(script, ...rest) {
  const env = { ...process.env, REDFIRST_TEST_SUMMARY: summaryPath };
  const { status, signal } = spawnSync(process.execPath, [join(root, script), ...rest], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  if (signal !== null) console.error(`${script} was ended by ${signal}`);
  return status ?? 1;
}

/** What the reporter wrote; a run that ended before it could write has failed. */
function readSummary() {
  try {
    return JSON.parse(readFileSync(summaryPath, 'utf8'));
  } catch {
    return { passed: 0, failed: ['vitest ended without a result'], skipped: [] };
  }
}

function testAndCount() {
  // Inside a test run, its own test among them, the program is built already and in use.
  const built = process.env.VITEST === undefined ? run('build.js', '--if-stale') : 0;
  if (built !== 0) return { passed: 0, failed: ['the build'], skipped: [], status: built };
  const reporters = ['--reporter=default', `--reporter=${join(root, 'test/summary-reporter.js')}`];
  const status = run('node_modules/vitest/vitest.mjs', 'run', '--allowOnly=false', ...reporters, ...args);
  return { ...readSummary(), status };
}

const { passed, failed, skipped, status } = testAndCount();
rmSync(folder, { recursive: true, force: true });

// A name filter skips whatever it leaves out: those are not skips of the tests' own.
const filtered = args.some((arg) => arg === '-t' || arg.startsWith('--testNamePattern'));
const unexplained = filtered ? [] : skipped.filter(({ reason }) => reason === '');
const explained = skipped.filter(({ reason }) => reason !== '');
if (explained.length > 0) console.log('\nSkipped:');
for (const { name, reason } of explained) console.log(`  ${name}\n    ${reason}`);
if (failed.length > 0) console.log('\nFailed:');
for (const name of failed) console.log(`  ${name}`);
if (unexplained.length > 0) console.log('\nSkipped without a reason (see docs/contributing.md), which is a failure:');
for (const { name } of unexplained) console.log(`  ${name}`);
if (passed === 0) console.log('\nNo test passed.');

const failures = failed.length + unexplained.length;
console.log(`\n${passed} passed, ${failures} failed, ${skipped.length - unexplained.length} skipped`);
process.exitCode = status !== 0 || failures > 0 || passed === 0 ? 1 : 0;

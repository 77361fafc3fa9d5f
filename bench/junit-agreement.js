// What our JUnit reader says of other projects' own files, against libxml2's reading of them (xmllint): accepted or not, how
// many cases, failures, errors and skips; and each file cut at ten places, of which none may be accepted.
// usage: node bench/junit-agreement.js FOLDER… [--verbose]; exit code 1 where they disagree.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(fileURLToPath(import.meta.url), '..', '..');
const work = mkdtempSync(join(tmpdir(), 'redfirst-agreement-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const folders = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const verbose = process.argv.includes('--verbose');
if (folders.length === 0) {
  console.error('usage: node bench/junit-agreement.js FOLDER… [--verbose]');
  process.exit(2);
}

const bundled = join(work, 'junit.mjs');
await build({
  entryPoints: [join(root, 'bench/junit-entry.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: bundled,
  banner: {
    js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(join(root, 'package.json'))});`,
  },
  logLevel: 'error',
});
const { parseJunit, readJunit } = await import(bundled);

const within = "ancestor::*[local-name()='testsuite' or local-name()='testsuites']";
const cases = `//*[local-name()='testcase'][not(ancestor::*[local-name()='testcase'])]`;
const having = (name) => `count(${cases}[*[local-name()='${name}']])`;
const QUERY = `concat(local-name(/*), '|', count(${cases}), '|', ${having('failure')}, '|', ${having('error')}, '|', ${having('skipped')}, '|', count(${cases}[${within}]))`;

/** libxml2's reading: undefined where it is not well-formed. */
function theirs(path) {
  const { status, stdout } = spawnSync('xmllint', ['--nonet', '--xpath', QUERY, path], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const [name, ...counts] = stdout.trim().split('|');
  const [all, failures, errors, skipped] = counts.map(Number);
  return { name, cases: all, failures, errors, skipped };
}

/** Ours: what the parser tells, and what the whole reading makes of it. */
async function ours(path) {
  const counts = { cases: 0, failures: 0, errors: 0, skipped: 0 };
  const end = await parseJunit(path, {
    onCase: ({ results }) => {
      counts.cases++;
      if (results.some(({ element }) => element === 'failure')) counts.failures++;
      if (results.some(({ element }) => element === 'error')) counts.errors++;
      if (results.some(({ element }) => element === 'skipped')) counts.skipped++;
    },
    onSuite: () => undefined,
  });
  const report = await readJunit({
    spec: { suite: 'unit', select: { files: [] } },
    attempt: 1,
    worktree: '/nowhere',
    reportPath: path,
    stderrPath: '/dev/null',
    end: { cause: 'exited', code: 1 },
    startedAtMs: 0,
    token: '',
  });
  return { ...counts, end, report };
}

function* xmlFiles(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /\.xml$/i.test(entry.name)) yield join(entry.parentPath, entry.name);
  }
}

const tally = { files: 0, accepted: 0, foreign: 0, refused: 0, contradicting: 0, cases: 0, cuts: 0, cutAccepted: 0 };
const differences = [];
const differ = (path, what) => differences.push(`${path}: ${what}`);
const isJunit = (name) => name === 'testsuites' || name === 'testsuite';
const isRead = ({ report }) => report.status.status === 'complete' || report.status.status === 'foreign';

for (const folder of folders) {
  for (const path of [...xmlFiles(folder)].sort()) {
    tally.files++;
    const their = theirs(path);
    const our = await ours(path);
    const said = our.report.status.detail ?? '';
    if (their === undefined) {
      tally.refused++;
      if (our.end.ok || isRead(our)) differ(path, 'xmllint refuses it, we accept it');
      continue;
    }
    if (!isJunit(their.name)) {
      tally.foreign++;
      if (our.end.ok || isRead(our)) differ(path, `its root is <${their.name}>, and we accept it`);
      continue;
    }
    if (!our.end.ok) {
      differ(path, `xmllint accepts it, we refuse it: ${our.end.reason}`);
      continue;
    }
    if (!isRead(our)) differ(path, `xmllint accepts it, we judge it ${our.report.status.status}: ${said}`);
    tally.accepted++;
    tally.cases += our.cases;
    if (our.report.suiteFailures.some(({ what }) => / claims? /.test(what))) {
      tally.contradicting++;
      if (verbose) console.log(`${path}: ${our.report.suiteFailures.map(({ what }) => what).join('; ')}`);
    }
    for (const key of ['cases', 'failures', 'errors', 'skipped'])
      if (our[key] !== their[key]) differ(path, `xmllint counts ${their[key]} ${key}, we ${our[key]}`);
    const bytes = readFileSync(path);
    const whole = bytes.toString('latin1').replace(/[\s\0]+$/, '').length;
    for (let i = 1; i <= 10; i++) {
      const at = Math.floor((whole * i) / 11);
      const cut = join(work, basename(path));
      writeFileSync(cut, bytes.subarray(0, at));
      tally.cuts++;
      const { end, report } = await ours(cut);
      if (end.ok || report.status.status === 'complete' || report.status.status === 'foreign') {
        tally.cutAccepted++;
        differ(path, `cut at ${at} of ${bytes.length} bytes it is accepted`);
      }
      rmSync(cut);
    }
  }
}
const version = spawnSync('xmllint', ['--version'], { encoding: 'utf8' }).stderr.split('\n')[0];
console.log(
  `${version}; node ${process.version}; ${folders.length} folders, ${folders.filter((one) => statSync(one).isDirectory()).length} read`,
);
console.log(
  `${tally.files} files: ${tally.accepted} JUnit files accepted with ${tally.cases} cases, ${tally.foreign} of other kinds refused, ${tally.refused} that are no XML refused`,
);
console.log(
  `${tally.contradicting} of those accepted have counts in a header that no reading of their body fits: said as a failure of the suite`,
);
console.log(`${tally.cuts} cuts, ${tally.cutAccepted} of them accepted`);
for (const line of differences) console.log(`DIFFERS ${line}`);
console.log(`${differences.length} differences`);
process.exitCode = differences.length === 0 ? 0 : 1;

// Records the raw output of the real tools again: `node test/adapters/record.js [TOOL/CASE …]`, all without a name. With
// `--golden` it only reads what is recorded and writes what should come of it; look at the difference before it is kept.
// What is recorded by hand (`go-1.24-*`, `go-1.26-*`: newer than the Go at hand) is left alone.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const golden = process.argv.includes('--golden');
const named = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const work = realpathSync(mkdtempSync(join(tmpdir(), 'redfirst-record-')));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const banner = {
  js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(join(root, 'package.json'))});`,
};
async function load(source) {
  // Beside the sources' own depth, so that what is found by place is found.
  const outfile = join(root, 'test/unit/suite', `.record-${process.pid}.mjs`);
  await build({
    entryPoints: [join(root, source)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    external: ['esbuild'],
    banner,
    logLevel: 'error',
  });
  try {
    return await import(`${pathToFileURL(outfile).href}?${source}`);
  } finally {
    rmSync(outfile);
  }
}
const lab = await load('test/unit/suite/suite-lab.ts');
const reporters = join(work, 'logs');
const vitestReporter = await lab.bundleReporter('vitest-reporter', reporters);
const nodeReporter = await lab.bundleReporter('node-test-reporter', reporters);
const report = join(work, 'report');

const VITEST = [
  'node_modules/.bin/vitest',
  'run',
  '--no-cache',
  '--sequence.shuffle.files=false',
  '--no-file-parallelism',
];
const NODE = ['node', '--test', '--test-concurrency=1'];
const ours = ['--reporter=default', `--reporter=${vitestReporter}`];
const nodeOurs = [`--test-reporter=${nodeReporter}`, `--test-reporter-destination=${report}`];
const vitest = (files, reporter) => ({
  tool: 'vitest',
  fixtures: 'vitest',
  files,
  argv: [...VITEST, ...reporter, ...files],
});
const node = (files, reporter) => ({
  tool: `node ${process.version}`,
  fixtures: 'node-test',
  files,
  argv: [...NODE, ...reporter, ...files],
});
const go = (files) => ({
  tool: 'go',
  runner: 'go-test',
  fixtures: 'go-test',
  files,
  stdout: true,
  argv: ['go', 'test', '-json', '-vet=off', '-gcflags=-e', '-count=1', '-timeout=3s', '-p=1', ...files],
});
const command = (reportFormat) => ({ runner: 'command', reportFormat });

const CASES = {
  'vitest/every-ending': { ...vitest(['all.test.ts'], ours), runner: 'vitest' },
  'vitest/files-that-do-not-load': {
    ...vitest(['load.test.ts', 'syntax.test.ts', 'empty.test.ts', 'describe.test.ts'], ours),
    runner: 'vitest',
  },
  'vitest/exit-and-unhandled': { ...vitest(['exit.test.ts', 'unhandled.test.ts'], ours), runner: 'vitest' },
  'node-test/every-ending': { ...node(['all.test.mjs'], nodeOurs), runner: 'node-test' },
  'node-test/files': {
    ...node(
      [
        'empty.test.mjs',
        'exit.test.mjs',
        'load.test.mjs',
        'roothook.test.mjs',
        'syntax.test.mjs',
        'unhandled.test.mjs',
      ],
      nodeOurs,
    ),
    runner: 'node-test',
  },
  'go-test/go-1.19-tests': go(['./plain', './notests', './none', './testmain']),
  'go-test/go-1.19-panics': go(['./panics', './panicgo', './osexit', './osexit1', './initpanic', './hang']),
  'go-test/go-1.19-builds': go(['./undef', './syntax', './unused', './nopkg', './depuser', './plain']),
  'junit/vitest': {
    ...vitest(['all.test.ts', 'load.test.ts'], ['--reporter=junit', `--outputFile=${report}`]),
    ...command('junit'),
  },
  'junit/node': {
    ...node(['all.test.mjs', 'load.test.mjs'], ['--test-reporter=junit', `--test-reporter-destination=${report}`]),
    ...command('junit'),
  },
  'tap/vitest': { ...vitest(['all.test.ts'], ['--reporter=tap']), stdout: true, ...command('tap') },
  'tap/vitest-flat': { ...vitest(['all.test.ts'], ['--reporter=tap-flat']), stdout: true, ...command('tap') },
  'tap/node': {
    ...node(['all.test.mjs', 'load.test.mjs'], ['--test-reporter=tap', `--test-reporter-destination=${report}`]),
    ...command('tap'),
  },
};

function record(name, { argv, runner, reportFormat, tool, files, fixtures, stdout }) {
  const worktree = join(work, name);
  mkdirSync(worktree, { recursive: true });
  lab.layFixtures(fixtures, worktree);
  if (fixtures === 'vitest') lab.linkNodeModules(worktree);
  rmSync(report, { force: true });
  const env = {
    ...process.env,
    REDFIRST_REPORT: report,
    REDFIRST_TOKEN: 'recorded',
    NO_COLOR: '1',
    NODE_TEST_CONTEXT: undefined,
  };
  const ran = spawnSync(argv[0], argv.slice(1), { cwd: worktree, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (ran.error) throw ran.error;
  if (!stdout && !existsSync(report)) throw new Error(`${name} wrote no report:\n${ran.stdout}${ran.stderr}`);
  const version = tool === 'go' ? spawnSync('go', ['version'], { encoding: 'utf8' }).stdout.trim() : tool;
  const folder = join(here, name);
  mkdirSync(folder, { recursive: true });
  const plain = (text) =>
    text.replaceAll(worktree, '{{worktree}}').replaceAll(reporters, '{{reporters}}').replaceAll(root, '{{packages}}');
  writeFileSync(join(folder, 'report'), plain(stdout ? ran.stdout : readFileSync(report, 'utf8')));
  writeFileSync(join(folder, 'stderr'), stdout ? plain(ran.stderr) : '');
  const about = { tool: version, runner, ...(reportFormat ? { reportFormat } : {}), exit: ran.status, files, fixtures };
  writeFileSync(join(folder, 'case.json'), `${JSON.stringify(about, null, 2)}\n`);
}

const wanted = (name) => named.length === 0 || named.includes(name);
if (!golden) for (const [name, one] of Object.entries(CASES)) if (wanted(name)) record(name, one);
const { readCase } = await load('test/adapters/read-case.ts');
for (const tool of readdirSync(here).filter((name) => statSync(join(here, name)).isDirectory())) {
  for (const one of readdirSync(join(here, tool))) {
    if (!wanted(`${tool}/${one}`)) continue;
    writeFileSync(
      join(here, tool, one, 'observations.json'),
      `${JSON.stringify(await readCase(join(here, tool, one)), null, 2)}\n`,
    );
  }
}

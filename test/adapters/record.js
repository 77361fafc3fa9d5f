// Records the raw output of the real tools again: `node test/adapters/record.js [TOOL/CASE …]`, all without a name. With
// `--golden` it only reads what is recorded and writes what should come of it; look at the difference before it is kept.
// What needs a newer Go than the one at hand is left alone unless REDFIRST_GO names one (`go-1.24-*` and `go-1.26-marked`
// are always left alone: they were recorded by hand). Our own specs of ginkgo are
// built inside a checkout of KubeVirt, which vendors it: REDFIRST_KUBEVIRT names one, and without it they are left alone.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
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
const { ginkgoRunner } = await load('src/suite/ginkgo.ts');
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
const modernGo = process.env.REDFIRST_GO;
const modern = (files, ...more) => ({
  ...go(files),
  fixtures: 'go-modern',
  argv: [modernGo, 'test', '-json', '-vet=off', '-gcflags=-e', '-timeout=3s', '-p=1', ...more, ...files],
  modern: true,
});
const kubevirt = process.env.REDFIRST_KUBEVIRT;
/** @param names folders of our own specs, laid into pkg/redfirst. */
const ginkgo = (names, exec = true) => ({
  tool: 'go',
  runner: 'ginkgo',
  fixtures: 'ginkgo',
  files: names.map((name) => `./pkg/redfirst/${name}`),
  stdout: true,
  exec,
});
const command = (reportFormat) => ({ runner: 'command', reportFormat });
const BATS = process.env['BATS'] ?? 'bats';
/** Stops with a signal what would not end: as a deadline does (KILL), or a person (INT). */
const stopped = (signal, argv) => ['timeout', '--preserve-status', `--signal=${signal}`, '4', ...argv];
const bats = (files, options = [], signal) => {
  const argv = [BATS, '--formatter', 'tap', ...options, ...files];
  return {
    tool: 'bats',
    versionOf: [BATS, '--version'],
    fixtures: 'bats',
    files,
    stdout: true,
    argv: signal === undefined ? argv : stopped(signal, argv),
    ...command('tap'),
  };
};
const perl = (file) => ({
  tool: 'perl',
  versionOf: ['perl', '-MTest::More', '-e', 'print "perl $^V, Test::More $Test::More::VERSION"'],
  fixtures: 'perl',
  files: [file],
  stdout: true,
  argv: ['perl', file],
  ...command('tap'),
});
const PYTHON = process.env['PYTHON'] ?? 'python3';
const pytest = (files, options = [], signal) => {
  const argv = [
    PYTHON,
    '-m',
    'pytest',
    '-p',
    'redfirst_pytest',
    '--continue-on-collection-errors',
    ...options,
    ...files,
  ];
  return {
    tool: 'pytest',
    versionOf: [PYTHON, '-m', 'pytest', '--version'],
    runner: 'pytest',
    fixtures: 'pytest',
    files,
    env: { PYTHONPATH: join(root, 'src/suite/pytest'), PYTHONDONTWRITEBYTECODE: '1', HANG: '60' },
    argv: signal === undefined ? argv : stopped(signal, argv),
  };
};
const PYTEST_FILES = [
  'tests/test_all.py',
  'tests/test_missing.py',
  'tests/test_load_package.py',
  'tests/test_load_syntax.py',
];
const pytestJunit = (family) => ({
  ...pytest(PYTEST_FILES),
  argv: [
    ...[PYTHON, '-m', 'pytest', '-p', 'no:cacheprovider', '--continue-on-collection-errors'],
    ...['-o', `junit_family=${family}`, `--junitxml=${report}`, ...PYTEST_FILES],
  ],
  ...command('junit'),
});

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
  'go-test/go-1.26-streams': modern(['./streams', './fuzz', './exits', './late'], '-count=1'),
  'go-test/go-1.26-repeats': modern(['./streams', './fuzz'], '-count=2', '-shuffle=3'),
  'go-test/go-1.26-race': modern(['./race'], '-count=1', '-race'),
  'ginkgo/endings': ginkgo(['specs', 'plain']),
  'ginkgo/before-suite': ginkgo(['beside']),
  'ginkgo/goroutine': ginkgo(['goroutine']),
  'ginkgo/tree': ginkgo(['tree']),
  'ginkgo/focused': ginkgo(['focused']),
  'ginkgo/exits': ginkgo(['exits']),
  'ginkgo/without-its-report': ginkgo(['beside'], false),
  'junit/vitest': {
    ...vitest(['all.test.ts', 'load.test.ts'], ['--reporter=junit', `--outputFile=${report}`]),
    ...command('junit'),
  },
  'junit/node': {
    ...node(['all.test.mjs', 'load.test.mjs'], ['--test-reporter=junit', `--test-reporter-destination=${report}`]),
    ...command('junit'),
  },
  'vitest/names': { ...vitest(['names.test.ts'], ours), runner: 'vitest' },
  'node-test/names': { ...node(['names.test.mjs', 'export.test.mjs'], nodeOurs), runner: 'node-test' },
  'pytest/every-ending': pytest(['tests/test_all.py']),
  'pytest/names': pytest(['tests/test_missing.py']),
  'pytest/files-that-do-not-load': pytest(
    ['attribute', 'inside', 'name', 'package', 'skip', 'symbol', 'syntax'].map((name) => `tests/test_load_${name}.py`),
  ),
  'pytest/conftest': pytest(['startup']),
  'pytest/empty': pytest(['tests/test_empty.py']),
  'pytest/exit': pytest(['tests/test_exit.py']),
  'pytest/interrupted': pytest(['tests/test_hang.py'], [], 'INT'),
  'pytest/killed': pytest(['tests/test_hang.py'], [], 'KILL'),
  'pytest/timeout': pytest(['tests/test_hang.py'], ['--timeout=1']),
  'pytest/retried': pytest(['tests/test_retry.py'], ['--reruns=2']),
  'junit/pytest-xunit1': pytestJunit('xunit1'),
  'junit/pytest-xunit2': pytestJunit('xunit2'),
  'junit/bats': {
    ...bats(['all.bats', 'file.bats'], ['--report-formatter', 'junit', '--output', '.']),
    stdout: false,
    written: 'report.xml',
    ...command('junit'),
  },
  'tap/bats': bats(['all.bats']),
  'tap/bats-13': bats(['all.bats'], ['--formatter', 'tap13']),
  'tap/bats-timing': bats(['all.bats'], ['--timing']),
  'tap/bats-setup-file': bats(['file.bats', 'all.bats']),
  'tap/bats-syntax': bats(['syntax.bats']),
  'tap/bats-timeout': bats(['time.bats']),
  'tap/bats-retried': bats(['retry.bats']),
  'tap/bats-empty': bats(['empty.bats']),
  'tap/bats-interrupted': bats(['hang.bats'], [], 'INT'),
  'tap/bats-killed': bats(['hang.bats'], [], 'KILL'),
  'tap/perl': perl('t/all.t'),
  'tap/perl-dies': perl('t/die.t'),
  'tap/perl-bails-out': perl('t/bail.t'),
  'tap/perl-skips': perl('t/skip.t'),
  'tap/perl-runs-more': perl('t/more.t'),
  'tap/vitest': { ...vitest(['all.test.ts'], ['--reporter=tap']), stdout: true, ...command('tap') },
  'tap/vitest-flat': { ...vitest(['all.test.ts'], ['--reporter=tap-flat']), stdout: true, ...command('tap') },
  'tap/node': {
    ...node(['all.test.mjs', 'load.test.mjs'], ['--test-reporter=tap', `--test-reporter-destination=${report}`]),
    ...command('tap'),
  },
};

/** Frames of the standard library as most machines print them. */
const withoutGoroot = (text, goroot) => (goroot === '' ? text : text.replaceAll(goroot, '/usr/lib/go'));

/** Runs what the runner would, in the checkout, and takes our specs out again. */
function recordGinkgo(name, { files, exec, runner, fixtures }) {
  const worktree = realpathSync(kubevirt);
  const logs = join(work, name);
  mkdirSync(logs, { recursive: true });
  lab.layFixtures(fixtures, worktree);
  try {
    const spec = lab.makeSpec({ runner, select: { files } });
    const made = ginkgoRunner.command({ spec, worktree, reportPath: join(logs, 'report'), order: 'declared', seed: 1 });
    const argv = made.argv.filter((argument) => exec || !argument.startsWith('-exec='));
    const env = { ...process.env, ...made.env };
    const ran = spawnSync(argv[0], argv.slice(1), { cwd: worktree, env, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (ran.error) throw ran.error;
    const folder = join(here, name);
    mkdirSync(folder, { recursive: true });
    const goroot = spawnSync('go', ['env', 'GOROOT'], { cwd: worktree, encoding: 'utf8' }).stdout.trim();
    const plain = (text) => withoutGoroot(text.replaceAll(worktree, '{{worktree}}'), goroot);
    writeFileSync(join(folder, 'report'), plain(ran.stdout));
    writeFileSync(join(folder, 'stderr'), plain(ran.stderr));
    const reports = join(logs, 'report.ginkgo');
    rmSync(join(folder, 'ginkgo.json'), { force: true });
    for (const one of existsSync(reports) ? readdirSync(reports) : []) {
      writeFileSync(join(folder, 'ginkgo.json'), plain(readFileSync(join(reports, one), 'utf8')));
    }
    const version = spawnSync('go', ['version'], { encoding: 'utf8' }).stdout.trim();
    const about = { tool: version, runner, exit: ran.status, files, fixtures };
    writeFileSync(join(folder, 'case.json'), `${JSON.stringify(about, null, 2)}\n`);
  } finally {
    rmSync(join(worktree, 'pkg/redfirst'), { recursive: true });
  }
}

/** Where this machine keeps Python's own files and a bats that is not installed is nobody's business. */
function withoutTools(text) {
  const plain = text.replaceAll(/\/[\w./-]*?\/lib\/python3\.\d+\//g, '/usr/lib/python3/');
  return BATS.includes('/') ? plain.replaceAll(dirname(dirname(realpathSync(BATS))), '/usr/share/bats') : plain;
}

function record(name, { argv, runner, reportFormat, tool, files, fixtures, stdout, env: added, versionOf, written }) {
  const told = versionOf && spawnSync(versionOf[0], versionOf.slice(1), { encoding: 'utf8' });
  if (told?.status !== undefined && told.status !== 0) {
    console.error(`${name} is left as it is: ${versionOf.join(' ')} does not answer`);
    return;
  }
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
    ...added,
  };
  rmSync(join(tmpdir(), 'redfirst-retry'), { force: true });
  const ran = spawnSync(argv[0], argv.slice(1), { cwd: worktree, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (ran.error) throw ran.error;
  if (written && existsSync(join(worktree, written))) renameSync(join(worktree, written), report);
  if (!stdout && !existsSync(report)) throw new Error(`${name} wrote no report:\n${ran.stdout}${ran.stderr}`);
  const version = told
    ? (told.stdout || told.stderr).trim()
    : tool === 'go'
      ? spawnSync(argv[0], ['version'], { encoding: 'utf8' }).stdout.trim()
      : tool;
  const goroot = tool === 'go' ? spawnSync(argv[0], ['env', 'GOROOT'], { encoding: 'utf8' }).stdout.trim() : '';
  const folder = join(here, name);
  mkdirSync(folder, { recursive: true });
  const plain = (text) =>
    withoutTools(withoutGoroot(text.replaceAll(worktree, '{{worktree}}'), goroot))
      .replaceAll(reporters, '{{reporters}}')
      .replaceAll(root, '{{packages}}');
  writeFileSync(join(folder, 'report'), plain(stdout ? ran.stdout : readFileSync(report, 'utf8')));
  writeFileSync(join(folder, 'stderr'), stdout ? plain(ran.stderr) : '');
  // A signal ended it, or what it was run by.
  const exit = ran.status ?? 137;
  const about = { tool: version, runner, ...(reportFormat ? { reportFormat } : {}), exit, files, fixtures };
  writeFileSync(join(folder, 'case.json'), `${JSON.stringify(about, null, 2)}\n`);
}

const wanted = (name) => named.length === 0 || named.includes(name);
if (!golden) {
  for (const [name, one] of Object.entries(CASES)) {
    if (!wanted(name) || (one.modern && modernGo === undefined)) continue;
    if (one.runner !== 'ginkgo') record(name, one);
    else if (kubevirt !== undefined) recordGinkgo(name, one);
  }
}
const { readCase } = await load('test/adapters/read-case.ts');
for (const tool of readdirSync(here).filter((name) => statSync(join(here, name)).isDirectory())) {
  for (const one of readdirSync(join(here, tool))) {
    if (!wanted(`${tool}/${one}`) || !statSync(join(here, tool, one)).isDirectory()) continue;
    writeFileSync(
      join(here, tool, one, 'observations.json'),
      `${JSON.stringify(await readCase(join(here, tool, one)), null, 2)}\n`,
    );
  }
}

// Bundles the program into dist/, in about a second. --if-stale: only where something changed since. --types: with the
// declarations of the public module, for publishing.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  // The native add-on, and grammars in WebAssembly that lie beside their library.
  external: ['better-sqlite3', '@vscode/tree-sitter-wasm'],
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  define: { REDFIRST_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

/** What `import.meta.url` becomes in CommonJS. */
const FILE_URL = `const fileUrl=require('node:url').pathToFileURL(__filename).href;`;
/** Bundled CommonJS asks for node's modules through this; in an ES module `require` has to be made first. */
const REQUIRE = `import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);`;

async function bundle(options) {
  const { build } = await import('esbuild');
  await build({ ...OPTIONS, banner: { js: REQUIRE }, ...options });
}

const present = (...paths) => paths.filter((path) => existsSync(join(root, path)));

/**
 * The command line, split so that a call loads little, and as CommonJS: Node reads each ES module through its thread pool,
 * which makes `--help` a tenth dearer. esbuild splits ES modules alone, so what it made is translated.
 */
async function bundleProgram(out) {
  const { build, transform } = await import('esbuild');
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: present('src/cli.ts'),
    outdir: out,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: 'inline',
    write: false,
  });
  mkdirSync(join(out, 'chunks'));
  for (const { path, text } of outputFiles) {
    const banner = text.includes('import.meta.url') ? FILE_URL : '';
    const { code, map } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: OPTIONS.target,
      minifyWhitespace: true,
      banner: `${path === join(out, 'cli.js') ? '#!/usr/bin/env node\n' : ''}${banner}`,
      // What is imported when it is needed is needed at once then.
      supported: { 'dynamic-import': false },
      define: { 'import.meta.url': 'fileUrl' },
      sourcemap: 'external',
      sourcesContent: false,
      sourcefile: path,
    });
    writeFileSync(path, `${code}//# sourceMappingURL=${basename(path)}.map\n`);
    writeFileSync(`${path}.map`, map);
  }
  writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');
  chmodSync(join(out, 'cli.js'), 0o755);
}

/** Reporters are loaded by the suite's own runner, from wherever it runs: each is one file. */
async function bundleReporters(out) {
  const folder = join(root, 'src/suite/reporters');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('-reporter.ts')) : [];
  await Promise.all(
    names.map((name) =>
      bundle({ entryPoints: [join(folder, name)], outdir: join(out, 'reporters'), sourcemap: false, banner: {} }),
    ),
  );
  writeFileSync(join(out, 'reporters/package.json'), '{ "type": "module" }\n');
  // A folder of its own: it becomes part of Python's path.
  for (const plugin of present('src/suite/pytest/redfirst_pytest.py')) {
    mkdirSync(join(out, 'reporters/pytest'), { recursive: true });
    copyFileSync(join(root, plugin), join(out, 'reporters/pytest', basename(plugin)));
  }
}

/** Help is text made once, here: commander and thirty commands would cost more than all the rest of `--help`. */
async function writeHelp(out) {
  const [entry] = present('src/commands/render-help.ts');
  if (entry === undefined) return;
  const made = join(out, 'render-help.mjs');
  await bundle({ entryPoints: [entry], outfile: made, sourcemap: false });
  const { renderAllHelp } = await import(pathToFileURL(made).href);
  rmSync(made);
  writeFileSync(join(out, 'help.json'), `${JSON.stringify(renderAllHelp(), null, 1)}\n`);
}

/** Declarations of the public module and of what it names; takes seconds, so only what is published has them. */
function writeTypes(out) {
  const [entry] = present('src/testing.ts');
  if (entry === undefined) return;
  const project = join(out, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rewriteRelativeImportExtensions: true,
    allowImportingTsExtensions: false,
    rootDir: '../src',
    outDir: 'types',
  };
  writeFileSync(
    project,
    JSON.stringify({ extends: '../tsconfig.json', compilerOptions, files: [`../${entry}`], include: [], exclude: [] }),
  );
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], { stdio: 'inherit' });
  rmSync(project);
}

/** A build that fails leaves the last one in place; nobody sees half of one. */
function swapIn(out) {
  const dist = join(root, 'dist');
  const old = `${out}.old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(out, dist);
  rmSync(old, { recursive: true, force: true });
}

/** Newest change below the paths in milliseconds; folders count, so that a removed file is noticed. */
function newestChange(paths) {
  const found = paths.flatMap((path) => {
    if (!existsSync(path)) return [];
    return statSync(path).isDirectory()
      ? [path, ...readdirSync(path, { recursive: true }).map((name) => join(path, name))]
      : [path];
  });
  return Math.max(...found.map((path) => statSync(path).mtimeMs));
}

function isFresh() {
  const program = join(root, 'dist/cli.js');
  const inputs = ['src', 'build.js', 'package.json', 'package-lock.json', 'tsconfig.json'];
  return existsSync(program) && statSync(program).mtimeMs > newestChange(inputs.map((path) => join(root, path)));
}

async function buildAll() {
  const startedAt = new Date();
  const out = mkdtempSync(join(root, 'dist.'));
  try {
    chmodSync(out, 0o755);
    await Promise.all([
      bundleProgram(out),
      bundleReporters(out),
      writeHelp(out),
      ...present('src/testing.ts').map((entry) => bundle({ entryPoints: [entry], outfile: join(out, 'testing.mjs') })),
    ]);
    if (process.argv.includes('--types')) writeTypes(out);
    // What is changed while the build runs may not be in it: the build is as old as its beginning.
    utimesSync(join(out, 'cli.js'), startedAt, startedAt);
    swapIn(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

if (!process.argv.includes('--if-stale') || !isFresh()) await buildAll();

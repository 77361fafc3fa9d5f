import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandMain } from './commands/command.ts';
import type { Output } from './commands/output.ts';
import { EXIT, type ExitCode, type Failure } from './domain/failure.ts';

/** Replaced by the build with the version of package.json. */
declare const REDFIRST_VERSION: string;

/** Every command loads its own part of the program: start-up is paid at every call. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly main: CommandMain }>>> = {
  init: () => import('./commands/init.ts'),
  doctor: () => import('./commands/doctor.ts'),
  plan: () => import('./commands/plan.ts'),
  red: () => import('./commands/red.ts'),
  green: () => import('./commands/green.ts'),
  run: () => import('./commands/run.ts'),
  prove: () => import('./commands/prove.ts'),
  status: () => import('./commands/status.ts'),
  show: () => import('./commands/show.ts'),
  verify: () => import('./commands/verify.ts'),
  export: () => import('./commands/export.ts'),
  prune: () => import('./commands/prune.ts'),
  completion: () => import('./commands/completion.ts'),
};

async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name = '--help', ...rest] = commandFirst(argv);
  if (name === '--version' || name === '-V') {
    process.stdout.write(`redfirst ${REDFIRST_VERSION}\n`);
    return EXIT.holds;
  }
  const untilDashes = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  const wantsHelp = untilDashes.some((word) => word === '--help' || word === '-h');
  if (name === '--help' || name === '-h' || name === 'help' || wantsHelp) {
    return printHelp(name === 'help' ? (rest[0] ?? '') : name.startsWith('-') ? '' : name);
  }
  // No parser for the one command that has to answer at once.
  if (name === 'explain') return (await import('./commands/explain.ts')).main(rest);
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) return refuseUnknown(name, rest.includes('--json'));

  const [{ main: run }, { COMMANDS: specs }, { parseCommand }, { createOutput }, { runGuarded }] = await Promise.all([
    load(),
    import('./commands/specs.ts'),
    import('./commands/command-line.ts'),
    import('./commands/output.ts'),
    import('./commands/guard.ts'),
  ]);
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new Error(`command ${name} has no specification`);
  const parsed = parseCommand(spec, rest);
  if (!parsed.ok) {
    return refuse(createOutput(rest.includes('--json')), parsed.failure);
  }
  const { options } = parsed.value;
  const cwd = resolve(typeof options['cwd'] === 'string' ? options['cwd'] : '.');
  const storeDir = typeof options['store'] === 'string' ? resolve(cwd, options['store']) : undefined;
  const { signal, exitCode } = watchSignals();
  const out = createOutput(options['json'] === true);
  const tool = `redfirst ${REDFIRST_VERSION}`;
  const code = await runGuarded(run, { ...parsed.value, out, cwd, storeDir, signal, tool });
  out.finish();
  return exitCode() ?? code;
}

/** `redfirst -C folder status` is `redfirst status -C folder`. */
function commandFirst(argv: readonly string[]): readonly string[] {
  let at = 0;
  for (let word = argv[at]; word !== undefined && /^(--json$|-C|--cwd\b|--store\b)/.test(word); word = argv[at])
    at += /^(-C|--cwd|--store)$/.test(word) ? 2 : 1;
  return at === 0 ? argv : [argv[at] ?? '', ...argv.slice(0, at), ...argv.slice(at + 1)];
}

async function printHelp(name: string): Promise<ExitCode> {
  const pages = JSON.parse(readFileSync(new URL('./help.json', import.meta.url), 'utf8')) as Record<string, string>;
  const page = Object.hasOwn(pages, name) ? pages[name] : undefined;
  if (page === undefined) return refuseUnknown(name, false);
  process.stdout.write(page);
  return EXIT.holds;
}

async function refuseUnknown(name: string, json: boolean): Promise<ExitCode> {
  const [{ unknownCommand }, { createOutput }] = await Promise.all([
    import('./commands/unknown-command.ts'),
    import('./commands/output.ts'),
  ]);
  return refuse(createOutput(json), unknownCommand(name, [...Object.keys(COMMANDS), 'explain', 'help']));
}

function refuse(out: Output, failure: Failure): ExitCode {
  out.failure(failure);
  out.finish();
  return failure.exit;
}

/** The first signal stops the work and lets it clean up; the second ends the program at once. */
function watchSignals(): { readonly signal: AbortSignal; readonly exitCode: () => ExitCode | undefined } {
  const controller = new AbortController();
  let code: ExitCode | undefined;
  for (const [name, exit] of [
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
  ] as const) {
    process.on(name, () => {
      if (code !== undefined) process.exit(code);
      code = exit;
      process.stderr.write(`\n${name}: stopping and cleaning up; once more to leave at once\n`);
      controller.abort(name);
    });
  }
  return { signal: controller.signal, exitCode: () => code };
}

// A closed pipe (`redfirst show | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.holds);
  throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `redfirst ${REDFIRST_VERSION}: this is a bug, please report it with the command line and what follows\n${stack}\n`,
    );
    process.exitCode = EXIT.environment;
  },
);

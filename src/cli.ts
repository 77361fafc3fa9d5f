import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandMain } from './commands/command.ts';
import { EXIT, type ExitCode } from './domain/failure.ts';

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
  const [name = '--help', ...rest] = argv;
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
  if (load === undefined) return refuseUnknown(name);

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
    createOutput(rest.includes('--json')).failure(parsed.failure);
    return parsed.failure.exit;
  }
  const { options } = parsed.value;
  const cwd = resolve(typeof options['cwd'] === 'string' ? options['cwd'] : '.');
  const storeDir = typeof options['store'] === 'string' ? resolve(cwd, options['store']) : undefined;
  const { signal, exitCode } = watchSignals();
  const out = createOutput(options['json'] === true);
  const tool = `redfirst ${REDFIRST_VERSION}`;
  const code = await runGuarded(run, { ...parsed.value, out, cwd, storeDir, signal, tool });
  return exitCode() ?? code;
}

function printHelp(name: string): ExitCode {
  const pages = JSON.parse(readFileSync(new URL('./help.json', import.meta.url), 'utf8')) as Record<string, string>;
  const page = Object.hasOwn(pages, name) ? pages[name] : undefined;
  if (page === undefined) return refuseUnknown(name);
  process.stdout.write(page);
  return EXIT.holds;
}

function refuseUnknown(name: string): ExitCode {
  process.stderr.write(`redfirst: there is no command ${JSON.stringify(name)}\n  next: redfirst --help\n`);
  return EXIT.usage;
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

import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { forgiveClosedPipe, printAtOnce } from './commands/print-at-once.ts';
import { EXIT, type ExitCode } from './domain/failure.ts';

/** Replaced by the build with the version of package.json. */
declare const REDFIRST_VERSION: string;

const ofRecord = () => import('./commands/record-commands.ts');
const ofProject = () => import('./commands/project-commands.ts');
const ofImport = () => import('./commands/import-commands.ts');
const ofChange = () => import('./commands/change-commands.ts');

/** What a command loads: start-up is paid at every call, by the byte and by the file. */
const COMMANDS = {
  init: ofProject,
  doctor: ofProject,
  cluster: ofProject,
  plan: ofProject,
  red: ofProject,
  green: ofProject,
  run: ofProject,
  prove: ofProject,
  status: ofRecord,
  import: ofImport,
  show: ofRecord,
  verify: ofRecord,
  judge: ofChange,
  stub: ofChange,
  pr: ofChange,
  corners: ofChange,
  export: ofRecord,
  prune: ofProject,
  completion: ofRecord,
} as const;

async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name = '--help', ...rest] = commandFirst(argv);
  if (name === '--version' || name === '-V') {
    printAtOnce(`redfirst ${REDFIRST_VERSION}\n`);
    return EXIT.holds;
  }
  const untilDashes = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  const wantsHelp = untilDashes.some((word) => word === '--help' || word === '-h');
  if (name === '--help' || name === '-h' || name === 'help' || wantsHelp) {
    return printHelp(name === 'help' ? (rest[0] ?? '') : name.startsWith('-') ? '' : name);
  }
  // No parser for the one command that has to answer at once.
  if (name === 'explain') return (await import('./commands/explain.ts')).main(rest, printAtOnce);
  if (!Object.hasOwn(COMMANDS, name)) return refuseUnknown(name, rest.includes('--json'));
  const { mains, startCommand } = await COMMANDS[name as keyof typeof COMMANDS]();
  forgiveClosedPipe();
  const { signal, exitCode } = watchSignals();
  const tool = `redfirst ${REDFIRST_VERSION}`;
  const code = await startCommand(name, mains[name], { argv: rest, signal, tool });
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
  printAtOnce(page);
  return EXIT.holds;
}

async function refuseUnknown(name: string, json: boolean): Promise<ExitCode> {
  const { refuse, unknownCommand } = await ofRecord();
  forgiveClosedPipe();
  return refuse(unknownCommand(name, [...Object.keys(COMMANDS), 'explain', 'help']), json);
}

/** The first signal stops the work and lets it clean up; the second ends the program at once. */
function watchSignals(): { readonly signal: AbortSignal; readonly exitCode: () => ExitCode | undefined } {
  const controller = new AbortController();
  // As many listen as processes run at once.
  setMaxListeners(0, controller.signal);
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

// Where nothing is left to wait for although there was no answer yet, node ends by itself: that is no success.
process.exitCode = EXIT.environment;
const unanswered = (): void => {
  process.stderr.write(
    `redfirst ${REDFIRST_VERSION}: this is a bug, please report it with the command line: it waited for what never came\n`,
  );
};
process.once('beforeExit', unanswered);
main(process.argv.slice(2)).then(
  (code) => {
    process.off('beforeExit', unanswered);
    process.exitCode = code;
  },
  (error: unknown) => {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // It may quote names of a suite's, with control characters.
    const stack = told.replace(/[^\P{Cc}\n]/gu, '?');
    process.stderr.write(
      `redfirst ${REDFIRST_VERSION}: this is a bug, please report it with the command line and what follows\n${stack}\n`,
    );
    // What a bug left running must not keep the program alive.
    process.exit(EXIT.environment);
  },
);

import { resolve } from 'node:path';
import { type ExitCode, type Failure, ok, type Result } from '../domain/failure.ts';
import type { CommandInput, CommandMain } from './command.ts';
import { runGuarded } from './guard.ts';
import { createOutput } from './output.ts';
import { type ParsedCommand, parsePlain } from './plain-arguments.ts';
import { COMMANDS, type CommandSpec } from './specs.ts';

/** Parses what follows a command's name, and runs the command. */
export async function startCommand(
  name: string,
  run: CommandMain | undefined,
  { argv, signal, tool }: { readonly argv: readonly string[] } & Pick<CommandInput, 'signal' | 'tool'>,
): Promise<ExitCode> {
  const spec = COMMANDS.find((candidate) => candidate.name === name);
  if (spec === undefined || run === undefined) throw new Error(`command ${name} has no specification or no code`);
  const parsed = await parse(spec, argv);
  if (!parsed.ok) return refuse(parsed.failure, argv.includes('--json'));
  const { options } = parsed.value;
  const cwd = resolve(typeof options['cwd'] === 'string' ? options['cwd'] : '.');
  const storeDir = typeof options['store'] === 'string' ? resolve(cwd, options['store']) : undefined;
  const out = createOutput(options['json'] === true);
  const code = await runGuarded(run, { ...parsed.value, out, cwd, storeDir, signal, tool });
  out.finish();
  return code;
}

/** The whole parser costs a tenth of Node's own start, so it is loaded for what is not plain. */
async function parse(spec: CommandSpec, argv: readonly string[]): Promise<Result<ParsedCommand>> {
  const mayStandAlone = spec.operands.every(([notation]) => notation.startsWith('['));
  const plain = mayStandAlone ? parsePlain(argv) : undefined;
  if (plain !== undefined) return ok(plain);
  const { parseCommand } = await import('./command-line.ts');
  return parseCommand(spec, argv);
}

/** Tells of a failure that stands before any command. */
export function refuse(failure: Failure, json: boolean): ExitCode {
  const out = createOutput(json);
  out.failure(failure);
  out.finish();
  return failure.exit;
}

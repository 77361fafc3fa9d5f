import { Command, CommanderError, Option } from 'commander';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { ParsedCommand } from './plain-arguments.ts';
import { type CommandSpec, GLOBAL_OPTIONS } from './specs.ts';

/** Builds the parser of one command. Only the one that was called is built: start-up is paid at every call. */
export function buildCommand(spec: CommandSpec): Command {
  const command = new Command(`redfirst ${spec.name}`)
    .description(spec.summary)
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeOut: stayQuiet, writeErr: stayQuiet });
  for (const [notation, description] of spec.operands) command.argument(notation, description);
  for (const [flags, description] of [...spec.options, ...GLOBAL_OPTIONS]) {
    const option = new Option(flags, description);
    // `--suite a --suite b`. Commander's own `<name...>` would take the operands that follow too.
    if (flags.endsWith('>...')) option.argParser<string[]>((value, before = []) => [...before, value]);
    command.addOption(option);
  }
  command.addHelpText('after', `\nExample:\n${spec.example.map((line) => `  ${line}`).join('\n')}`);
  return command;
}

/** Mistakes are told by `output.ts`, and help by `help.json`. */
function stayQuiet(): void {
  // The parser prints nothing itself.
}

/** Parses what follows the command's name. Usage mistakes are values, with the mend. */
export function parseCommand(spec: CommandSpec, argv: readonly string[]): Result<ParsedCommand> {
  const command = buildCommand(spec);
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return fail<Failure>({
      reason: 'usage',
      what: error.message.replace(/^error: /, '').replaceAll('\n', ' '),
      next: `redfirst ${spec.name} --help`,
      exit: EXIT.usage,
    });
  }
  return ok({ operands: command.args, options: command.opts() });
}

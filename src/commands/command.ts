import type { ExitCode } from '../domain/failure.ts';
import type { Output } from './output.ts';
import type { ParsedCommand } from './plain-arguments.ts';

/** What every command is given. */
export interface CommandInput extends ParsedCommand {
  readonly out: Output;
  /** Absolute folder that the command works in. */
  readonly cwd: string;
  /** `--store`, absolute; absent for the default place. */
  readonly storeDir: string | undefined;
  /** Aborted by the first SIGINT or SIGTERM; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /** `redfirst` and its version. */
  readonly tool: string;
}

export type CommandMain = (input: CommandInput) => Promise<ExitCode>;

/** An option's value as text; undefined when it was not given. */
export function textOption(input: ParsedCommand, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** A whole number of at least `least`; NaN when it was given as something else. */
export function numberOption(input: ParsedCommand, name: string, least: number): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) && Number(text) >= least && Number(text) < 2 ** 31 ? Number(text) : Number.NaN;
}

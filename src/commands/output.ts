import type { Failure } from '../domain/failure.ts';
import { wantsColour } from '../ui/terminal-style.ts';
import { renderFailure } from '../ui/terminal-text.ts';

/** Where a command's words go: for a person, or one JSON document. */
export interface Output {
  readonly json: boolean;
  /** Whether a person sees standard output in colour: on a terminal, and without NO_COLOR. */
  readonly colour: boolean;
  /** A line or block for a person; silent with `--json`. */
  print(text: string): void;
  /** The document of `--json`; silent without. */
  document(value: object): void;
  /** A failure, on standard error; with `--json` also as the document. */
  failure(failure: Failure): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    colour: wantsColour(process.stdout, process.env),
    print: (text) => {
      if (!json) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    document: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    failure: (failure) => {
      process.stderr.write(
        `${renderFailure(failure, { colour: wantsColour(process.stderr, process.env) }).trimEnd()}\n`,
      );
      if (json) process.stdout.write(`${JSON.stringify({ failure }, null, 2)}\n`);
    },
  };
}

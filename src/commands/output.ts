import type { Failure } from '../domain/failure.ts';
import { wantsColour } from '../ui/terminal-style.ts';
import { renderFailure } from '../ui/terminal-text.ts';

/** Where a command's words go: for a person, or exactly one JSON document. */
export interface Output {
  readonly json: boolean;
  /** Whether a person sees standard output in colour: on a terminal, and without NO_COLOR. */
  readonly colour: boolean;
  /** A line or block for a person; silent with `--json`. */
  print(text: string): void;
  /** The document of `--json`; silent without. Where there are several, they become the `results` of one. */
  document(value: object): void;
  /** A failure, on standard error; with `--json` also a document, with what it is about. */
  failure(failure: Failure, about?: object): void;
  /** The command may give any number of documents: they are `results`, even where there is one. */
  several(): void;
  /** Writes the document. Called once, when the command has ended. */
  finish(): void;
}

export function createOutput(json: boolean): Output {
  const documents: object[] = [];
  let list = false;
  return {
    json,
    colour: wantsColour(process.stdout, process.env),
    print: (text) => {
      if (!json) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    },
    document: (value) => {
      if (json) documents.push(value);
    },
    failure: (failure, about) => {
      process.stderr.write(
        `${renderFailure(failure, { colour: wantsColour(process.stderr, process.env) }).trimEnd()}\n`,
      );
      if (json) documents.push({ ...about, failure });
    },
    several: () => {
      list = true;
    },
    finish: () => {
      if (!json) return;
      const [only] = documents;
      const whole = list || documents.length !== 1 ? { results: documents } : only;
      process.stdout.write(`${plainJson(whole)}\n`);
    },
  };
}

/** JSON that is safe to look at: what JSON lets stand and a terminal obeys (DEL, C1, turned text) is escaped as well. */
function plainJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

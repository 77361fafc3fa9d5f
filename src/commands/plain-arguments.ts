/** A parsed command line: operands in order (a variadic one is the rest), options by their camel-cased names. */
export interface ParsedCommand {
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

/** The options of every command that take a value (`GLOBAL_OPTIONS`), by the words that stand for them. */
const VALUED: Readonly<Record<string, string>> = { '--store': 'store', '--cwd': 'cwd', '-C': 'cwd' };

/**
 * Reads arguments that are nothing but options of every command, each a word of its own (`--store FOLDER`, not
 * `--store=FOLDER`), without the parser that knows all the rest.
 *
 * @returns undefined for anything else, mistakes among it: then the parser decides, and explains.
 */
export function parsePlain(argv: readonly string[]): ParsedCommand | undefined {
  const options: Record<string, string | boolean> = {};
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string;
    if (word === '--json') {
      options['json'] = true;
      continue;
    }
    const name = Object.hasOwn(VALUED, word) ? VALUED[word] : undefined;
    at++;
    const value = argv[at];
    // A value that looks like an option is the parser's to judge.
    if (name === undefined || value === undefined || value.startsWith('-')) return undefined;
    options[name] = value;
  }
  return { operands: [], options };
}

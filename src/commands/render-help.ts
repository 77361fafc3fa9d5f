import { Help } from 'commander';
import { buildCommand } from './command-line.ts';
import { COMMANDS, GLOBAL_OPTIONS } from './specs.ts';

const WIDTH = 100;

/**
 * The help of the program (key `''`) and of every command, as text. Called by the build, which keeps the result in
 * `dist/help.json`: rendering at every call would cost more than all the rest of `--help`.
 */
export function renderAllHelp(): Record<string, string> {
  const pages: Record<string, string> = { '': renderRoot() };
  for (const spec of COMMANDS) {
    const command = buildCommand(spec).configureHelp({ helpWidth: WIDTH });
    pages[spec.name] =
      `${command.helpInformation()}\nExample:\n${spec.example.map((line) => `  ${line}`).join('\n')}\n`;
  }
  return pages;
}

function renderRoot(): string {
  const help = new Help();
  const width = Math.max(...COMMANDS.map(({ name }) => name.length)) + 2;
  const row = (name: string, text: string): string => `  ${name.padEnd(width)}${text}`;
  const groups = [...new Set(COMMANDS.map(({ group }) => group))];
  const sections = groups.map((group) =>
    [
      `${group}:`,
      ...COMMANDS.filter((spec) => spec.group === group).map(({ name, summary }) => row(name, summary)),
    ].join('\n'),
  );
  const optionWidth = Math.max(...GLOBAL_OPTIONS.map(([flags]) => flags.length)) + 2;
  const options = GLOBAL_OPTIONS.map(([flags, text]) => `  ${flags.padEnd(optionWidth)}${text}`);
  return [
    'redfirst records proof that tests failed before the code existed, for the right reason, and pass because of it.',
    '',
    'Usage: redfirst <command> [options]',
    '',
    sections.join('\n\n'),
    '',
    'Options of every command:',
    ...options.map((line) => help.boxWrap(line, WIDTH)),
    '',
    'redfirst <command> --help shows an example. Exit codes: 0 holds, 1 does not hold, 2 usage or configuration,',
    '3 environment or program failed, 4 unproven, 5 integrity broken, 130/143 interrupted.',
    '',
  ].join('\n');
}

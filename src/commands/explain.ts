import { explainCode, listCodes } from '../domain/codes.ts';
import { EXIT, type ExitCode, type Failure } from '../domain/failure.ts';
import { renderExplanation } from '../ui/explanation-text.ts';

/** `redfirst explain [CODE]`. It has no parser and reads nothing, so that it answers at once. */
export async function main(argv: readonly string[], print: (text: string) => void): Promise<ExitCode> {
  const json = argv.includes('--json');
  // Every command takes a folder and a store; the catalogue is the same in all of them.
  const words = argv.filter(
    (word, at) => !/^(-C|--cwd|--store)/.test(word) && !/^(-C|--cwd|--store)$/.test(argv[at - 1] ?? ''),
  );
  const unknown = words.filter((word) => word.startsWith('-') && word !== '--json');
  const [code, ...more] = words.filter((word) => !word.startsWith('-'));
  const refuse = (what: string, next: string): ExitCode => {
    process.stderr.write(`error: ${what}\n  next: ${next}\n`);
    const failure: Failure = { reason: 'usage', what, next, exit: EXIT.usage };
    if (json) print(`${JSON.stringify({ failure }, null, 2)}\n`);
    return failure.exit;
  };
  if (unknown.length > 0) return refuse(`unknown option ${JSON.stringify(unknown[0])}`, 'redfirst explain --help');
  if (more.length > 0) return refuse('explain takes one code', 'redfirst explain --help');
  if (code === undefined) {
    print(
      json
        ? `${JSON.stringify(listCodes(), null, 2)}\n`
        : `${listCodes()
            .map(({ code, title }) => `${code.padEnd(24)}${title}`)
            .join('\n')}\n`,
    );
    return EXIT.holds;
  }
  const found = explainCode(code);
  if (!('meaning' in found)) {
    const what = `there is no code ${JSON.stringify(code)}; nearest: ${found.suggestions.join(', ')}`;
    return refuse(what, 'list them all with `redfirst explain`');
  }
  print(json ? `${JSON.stringify(found, null, 2)}\n` : renderExplanation(found));
  return EXIT.holds;
}

import { explainCode, listCodes } from '../domain/codes.ts';
import { EXIT, type ExitCode } from '../domain/failure.ts';
import { renderExplanation } from '../ui/explanation-text.ts';

/** `redfirst explain [CODE]`. It has no parser and reads nothing, so that it answers at once. */
export async function main(argv: readonly string[]): Promise<ExitCode> {
  const json = argv.includes('--json');
  const unknown = argv.filter((word) => word.startsWith('-') && word !== '--json');
  const [code, ...more] = argv.filter((word) => !word.startsWith('-'));
  if (unknown.length > 0 || more.length > 0) {
    process.stderr.write(`usage: redfirst explain [CODE] [--json]\n`);
    return EXIT.usage;
  }
  if (code === undefined) {
    process.stdout.write(
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
    process.stderr.write(
      `there is no code ${JSON.stringify(code)}; nearest: ${found.suggestions.join(', ')}\n  next: redfirst explain\n`,
    );
    return EXIT.usage;
  }
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : renderExplanation(found));
  return EXIT.holds;
}

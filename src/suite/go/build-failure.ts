import type { ObservedFailure } from '../../domain/observation.ts';
import { boundMessage } from '../reporters/report-line.ts';

interface CompilerError {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly text: string;
}

/**
 * What the compiler says of a name that does not exist yet, or whose signature does not fit yet (go/types' own words, Go 1.19
 * to 1.27). The first group is the name; a second one is the type that lacks it.
 */
const MISSING: readonly RegExp[] = [
  /^undefined: (\S+)/,
  /^\S+ undefined \(type (?:\*|<[^>]*>)*(?<owner>\S+) has no (?:field or method|method|field) (?<member>[^\s,)]+)/,
  /^unknown field '?(?<member>[^\s']+?)'? in struct literal(?: of type (?<owner>[^\s]+))?/,
  /^(?:not enough|too many) arguments in call to ([^\s(]+)/,
  /^assignment mismatch: .* but ([^\s(]+)(?:\([^)]*\))? returns? /,
  /does not implement [^\n]* \(missing method (\S+)\)/,
  /does not implement [^\n]* \(wrong type for method (\S+)\)/,
  /^cannot use [^\n]* in argument to ([^\s:]+)/,
  /^name (\S+) not exported by package/,
  /^(\S+) not (?:declared|exported) by package/,
];
/** An import that cannot be found: the words of `go list`. */
const MISSING_PACKAGE: readonly RegExp[] = [
  /^no required module provides package ([^\s;:]+)/,
  /^cannot find module providing package ([^\s;:]+)/,
  /^package (\S+) is not in (?:std|GOROOT)/,
  /^could not import (\S+) /,
  /^cannot find package "([^"]+)"/,
];
/** The package that was asked for is not there at all. */
const NO_FOLDER = /^stat (\S+): directory not found$/;

/**
 * Judges a build that failed. `compile`, with the names that are missing, only where every error lies in a test file and says
 * that something does not exist (or does not fit) yet; `error` for everything else: a test file that is wrong in itself,
 * a dependency that does not build, vet.
 * @param failedBuild import path that failed, where Go tells it (1.24 and later).
 */
export function judgeBuild(output: string, failedBuild: string | undefined): ObservedFailure {
  const errors = parseErrors(output);
  const first = errors[0];
  const location =
    first === undefined || first.file === ''
      ? {}
      : {
          location: {
            file: first.file,
            line: first.line,
            ...(first.column === undefined ? {} : { column: first.column }),
          },
        };
  const message = boundMessage(
    output.trim() === '' ? 'the build failed, and the stream does not say why' : output.trim(),
  );
  const missing = errors.map((error) => missingName(error, failedBuild));
  const ownFault =
    errors.length === 0 ||
    // vet's findings stand under a second header, in brackets.
    /^# \[/m.test(output) ||
    errors.some(({ file, text }) => !file.endsWith('_test.go') && !NO_FOLDER.test(text)) ||
    missing.includes(undefined);
  if (ownFault) return { kind: 'error', type: /^# \[/m.test(output) ? 'vet' : 'build', message, ...location };
  const missingNames = [...new Set(missing.filter((name) => name !== undefined))].sort();
  return { kind: 'compile', type: 'build', message, ...location, missingNames };
}

function missingName({ text }: CompilerError, failedBuild: string | undefined): string | undefined {
  const folder = NO_FOLDER.exec(text);
  if (folder !== null) return failedBuild ?? folder[1];
  for (const pattern of MISSING_PACKAGE) {
    const found = pattern.exec(text);
    if (found !== null) return found[1];
  }
  // A name is missing from the package under test only where the test variant of it failed.
  if (failedBuild !== undefined && !failedBuild.endsWith('.test]')) return undefined;
  for (const pattern of MISSING) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const { owner, member } = found.groups ?? {};
    if (member !== undefined) return owner === undefined ? member : `${owner}.${member}`;
    return found[1];
  }
  return undefined;
}

function parseErrors(output: string): CompilerError[] {
  const errors: CompilerError[] = [];
  for (const line of output.split('\n')) {
    // Continuations are indented; headers and the compiler's own "too many errors" name no place.
    if (/^\s|^#|^$/.test(line)) continue;
    const found = /^(?:vet: )?(.+?\.go):(\d+)(?::(\d+))?: (.*)$/.exec(line);
    if (found?.[4] === 'too many errors') continue;
    if (found !== null) {
      const column = found[3] === undefined ? {} : { column: Number(found[3]) };
      errors.push({ file: cleanPath(found[1] ?? ''), line: Number(found[2]), ...column, text: found[4] ?? '' });
    } else if (!/^too many errors$|^note: /.test(line)) {
      errors.push({ file: '', line: 0, text: line });
    }
  }
  return errors;
}

const cleanPath = (path: string): string => path.replace(/^(?:\.\/)+/, '');

/** Build output of Go before 1.24, split at its `# import/path [import/path.test]` headers. */
export function splitBuildOutput(text: string): { readonly header: string; readonly output: string }[] {
  const blocks: { header: string; output: string }[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) blocks.push({ header: line.slice(2), output: `${line}\n` });
    else if (blocks.length > 0 && /^\s|^\S+\.go:\d+|^too many errors|^note: |^package |^\S+: /.test(line)) {
      const last = blocks[blocks.length - 1] as { header: string; output: string };
      last.output += `${line}\n`;
    }
  }
  return blocks;
}

/** The output that belongs to a package: its own block, the one of its test variant, or, where neither is there, all of it. */
export function outputOfPackage(
  name: string,
  blocks: readonly { readonly header: string; readonly output: string }[],
): string {
  const own = blocks.filter(
    ({ header }) => header === name || header === `${name}_test` || header.endsWith(` [${name}.test]`),
  );
  return (own.length > 0 ? own : blocks).map(({ output }) => output).join('');
}

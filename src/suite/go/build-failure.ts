import type { ObservedFailure } from '../../domain/observation.ts';
import { boundMessage } from '../reporters/report-line.ts';
import { type CompilerError, missingName, namesNoFolder } from './missing-names.ts';

/** Most names of one package that are listed one by one. */
const NAMES_KEPT = 500;

/**
 * Judges a build that failed. `compile`, with the names that are missing, only where every error lies in a test file and says
 * that something does not exist (or does not fit) yet; `error` for everything else: a test file that is wrong in itself,
 * a dependency that does not build, vet. Without `-gcflags=-e` the compiler stops after ten errors, which `missingCut` says.
 * @param failedBuild import path that failed, where Go tells it (1.24 and later).
 */
export function judgeBuild(output: string, failedBuild: string | undefined): ObservedFailure {
  const { errors, cut } = parseErrors(output);
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
  // vet's findings stand under a second header, in brackets.
  const vet = /^# \[|^vet: /m.test(output);
  const found = errors.map((error) => missingName(error, failedBuild));
  const ownFault =
    errors.length === 0 ||
    vet ||
    errors.some((error) => !error.file.endsWith('_test.go') && !namesNoFolder(error)) ||
    found.includes(undefined);
  if (ownFault) return { kind: 'error', type: vet ? 'vet' : 'build', message, ...location };
  const missing = found.filter((one) => one !== undefined);
  const missingNames = [...new Set(missing.map(({ name }) => name))].sort();
  return {
    kind: 'compile',
    type: 'build',
    message,
    ...location,
    missingNames: missingNames.slice(0, NAMES_KEPT),
    missing: missing.slice(0, NAMES_KEPT),
    ...(cut || missing.length > NAMES_KEPT ? { missingCut: true } : {}),
  };
}

function parseErrors(output: string): { readonly errors: CompilerError[]; readonly cut: boolean } {
  const errors: CompilerError[] = [];
  let cut = false;
  for (const line of output.split('\n')) {
    // Continuations are indented; headers name no place.
    if (/^\s|^#|^$/.test(line)) continue;
    if (/(?:^|: )too many errors$/.test(line)) {
      cut = true;
      continue;
    }
    const found = /^(?:vet: )?(.+?\.go):(\d+)(?::(\d+))?: (.*)$/.exec(line);
    if (found !== null) {
      const column = found[3] === undefined ? {} : { column: Number(found[3]) };
      errors.push({ file: cleanPath(found[1] ?? ''), line: Number(found[2]), ...column, text: found[4] ?? '' });
    } else if (!/^note: /.test(line)) {
      errors.push({ file: '', line: 0, text: line });
    }
  }
  return { errors, cut };
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

import { LONGEST_ARGUMENT_BYTES } from '../runner.ts';

/**
 * The pattern for `go test -run` that selects exactly these tests, by their full names (`import/path.Test/sub`) or their own.
 * `go test` splits a pattern at `|`, then at `/`, outside brackets: each level of a name is anchored by itself.
 */
export function onlyPattern(only: readonly string[]): string {
  const tests = only.map(
    (name) => /\.((?:Test|Example|Fuzz|Benchmark)(?:[^/]*)(?:\/[\s\S]*)?)$/.exec(name)?.[1] ?? name,
  );
  return [...new Set(tests)]
    .map((test) =>
      test
        .split('/')
        .map((level) => `^${quoteMeta(level)}$`)
        .join('/'),
    )
    .join('|');
}

/** Go's regexp.QuoteMeta. */
export function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** Whether a full name is a ginkgo case's (`import/path :: container > leaf`). */
export const isGinkgoName = (name: string): boolean => name.includes(' :: ');

/**
 * The pattern for `-ginkgo.focus` that selects these ginkgo cases. Ginkgo compares it with the suite's description and the
 * spec's texts, all joined by spaces. Without a description, a case whose texts end like another's whole text is selected with
 * it. A text that holds ` > ` itself is one spec to ginkgo and looks like two levels here, so that each ` > ` may be either.
 * @param names full names; those that are no ginkgo cases are left out.
 * @param descriptions of the suites, where they are known.
 * @returns undefined where no name is a ginkgo case's, or where the pattern is longer than an argument may be: all run then.
 * @see `ApplyFocusToSpecs` in ginkgo's internal/focus.go
 */
export function focusPattern(names: readonly string[], descriptions: readonly string[] = []): string | undefined {
  const texts = names
    .filter(isGinkgoName)
    .map((name) => name.slice(name.indexOf(' :: ') + 4))
    .map((path) => path.split(' > ').map(quoteMeta).join(' (?:> )?'));
  if (texts.length === 0) return undefined;
  const head =
    descriptions.length === 0 ? '(?:^|[\\s\\S]* )' : `^(?:${[...new Set(descriptions)].map(quoteMeta).join('|')}) `;
  const pattern = `${head}(?:${[...new Set(texts)].join('|')})$`;
  return Buffer.byteLength(pattern) < LONGEST_ARGUMENT_BYTES ? pattern : undefined;
}

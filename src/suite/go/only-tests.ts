/** Whether a case's full name is one of ginkgo's (`import/path :: container > leaf`). */
export function isGinkgoCase(name: string, importPath: string): boolean {
  return name.startsWith(`${importPath} :: `);
}

/**
 * Flags of a test binary that run some cases alone.
 * @param names full names of cases of this package; others are left out.
 * @param suiteTests Go tests that start a ginkgo suite: without them none of its cases runs, with them no plain test has to.
 */
export function onlyTests(names: readonly string[], importPath: string, suiteTests: readonly string[]): string[] {
  const plain = names
    .filter((name) => name.startsWith(`${importPath}.`))
    .map((name) =>
      name
        .slice(importPath.length + 1)
        .split('/')
        .map((level) => `^${quoteMeta(level)}$`)
        .join('/'),
    );
  const ginkgo = names.filter((name) => isGinkgoCase(name, importPath));
  const hosts = ginkgo.length === 0 ? [] : suiteTests.map((test) => `^${quoteMeta(test)}$`);
  // Where nobody knows which test starts the suite, everything beside it runs too.
  const unknownHost = ginkgo.length > 0 && hosts.length === 0;
  const run = [...new Set([...plain, ...hosts])].join('|');
  const texts = ginkgo.map((name) =>
    name
      .slice(importPath.length + 4)
      .split(' > ')
      .map(quoteMeta)
      // A text may hold the separator itself.
      .join('(?: | > )'),
  );
  return [
    ...(unknownHost || run === '' ? [] : [`-test.run=${run}`]),
    ...(texts.length === 0 ? [] : [`-ginkgo.focus=(?:^|\\s)(?:${[...new Set(texts)].join('|')})$`]),
  ];
}

/** Go's regexp.QuoteMeta. */
function quoteMeta(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

import { describe, expect, test } from 'vitest';
import { indexOf, lineOf, observed } from './touched.ts';

const PATH = 'src/vm.test.ts';
const SUITE = `import { describe, it, expect, beforeEach, vi } from 'vitest';
import { boot, stop as halt } from './helpers.ts';
import * as more from './helpers.ts';

vi.mock('./net');
const LIMIT = 3;

function fresh(name: string) {
  return { name };
}

describe('vm', () => {
  let vm: { name: string };
  const wanted = () => 'running';
  beforeEach(() => {
    vm = fresh('a');
  });

  it('starts', () => {
    expect(boot(vm)).toBe(wanted());
  });

  describe('paused', () => {
    beforeEach(() => vm.name = 'paused');
    it.skip('resumes', () => {
      expect(halt(vm)).toBe(LIMIT);
    });
  });

  it(\`keeps \${LIMIT} disks\`, { timeout: 5 }, async () => {
    expect(more.disks(vm)).toBe(LIMIT);
  });

  it.each([
    [1, 'one'],
    [2, 'two'],
  ])('counts %i as %s', (n, word) => {
    expect(vm[n]).toBe(word);
  });

  describe.each([{ os: 'linux' }, { os: 'bsd' }])('on $os', ({ os }) => {
    it('boots', () => expect(os).toBeTruthy());
  });

  for (const phase of ['Pending', 'Running']) {
    it('reports ' + phase, () => {});
  }
});

test('plain', () => {
  const LIMIT = 9;
  expect(LIMIT).toBe(9);
});
`;
const HELPERS = `import { shared } from './deep';
export function boot(vm: unknown) { return shared(vm); }
export const stop = (vm: unknown) => 1;
export function disks(vm: unknown) { return 3; }
`;
const DEEP = "export const shared = (x: unknown) => 'running';\n";

const NAMES = [
  'vm > starts',
  'vm > paused > resumes',
  'vm > keeps 3 disks',
  'vm > counts 1 as one',
  'vm > counts 2 as two',
  'vm > on linux > boots',
  'vm > on bsd > boots',
  'vm > reports Pending',
  'vm > reports Running',
  'plain',
];

type Files = Partial<Record<'suite' | 'helpers' | 'deep', (text: string) => string>>;

/** Touched cases, after an edit of any of the three files. */
async function touchedBy(edits: Files): Promise<string[]> {
  const texts = {
    suite: [PATH, SUITE],
    helpers: ['src/helpers.ts', HELPERS],
    deep: ['src/deep/index.ts', DEEP],
  } as const;
  const files = Object.entries(texts).map(([name, [path, old]]) => ({
    path,
    old,
    new: edits[name as keyof Files]?.(old) ?? old,
  }));
  for (const name of Object.keys(edits))
    expect(files.find(({ path }) => path === texts[name as keyof Files][0])?.new).not.toBe(
      texts[name as keyof Files][1],
    );
  const index = await indexOf(files);
  return NAMES.flatMap((name) => {
    const reach = index.reach('new', PATH, observed(`${PATH} > ${name}`, { file: PATH }));
    return reach === 'none' ? [] : [`${name}: ${reach}`];
  });
}
const replace = (from: string, to: string) => (text: string) => text.replace(from, to);

describe('touched cases of vitest, Jest and node:test', () => {
  test('comments, blank lines, layout, semicolons and imports touch nothing', async () => {
    const suite = (text: string) =>
      `// head\n\n${text}`
        .replace('vi, ', '')
        .replace("vm = fresh('a');", "// why\n    vm = fresh(\n      'a',\n    )")
        .replace(
          "import { boot, stop as halt } from './helpers.ts';\nimport * as more from './helpers.ts';",
          "import * as more from './helpers.ts';\nimport { stop as halt, boot } from './helpers.ts';",
        );
    expect(await touchedBy({ suite })).toEqual([]);
  });

  test('a body touches its case', async () => {
    expect(await touchedBy({ suite: replace('boot(vm)).toBe(wanted())', 'boot(vm)).toBe(1)') })).toEqual([
      'vm > starts: own',
    ]);
  });

  test('a skipped case that runs again is changed', async () => {
    expect(await touchedBy({ suite: replace('it.skip(', 'it(') })).toEqual(['vm > paused > resumes: own']);
  });

  test('hooks reach what is inside their describe', async () => {
    expect(await touchedBy({ suite: replace("vm.name = 'paused'", "vm.name = 'x'") })).toEqual([
      'vm > paused > resumes: shared',
    ]);
    expect(await touchedBy({ suite: replace("vm = fresh('a')", "vm = fresh('b')") })).toEqual(
      NAMES.slice(0, -1).map((name) => `${name}: shared`),
    );
  });

  test('what stands beside all describes is set-up of the file', async () => {
    expect(await touchedBy({ suite: replace("vi.mock('./net')", "vi.mock('./disk')") })).toEqual(
      NAMES.map((name) => `${name}: shared`),
    );
  });

  test('constants and closures reach what uses them, and not what hides them', async () => {
    expect(await touchedBy({ suite: replace('LIMIT = 3', 'LIMIT = 4') })).toEqual([
      'vm > paused > resumes: shared',
      'vm > keeps 3 disks: shared',
    ]);
    expect(await touchedBy({ suite: replace("'running'", "'halted'") })).toEqual(['vm > starts: shared']);
  });

  test('helpers in other files, by name, by another name, as a namespace, and through one another', async () => {
    expect(await touchedBy({ helpers: replace('=> 1', '=> 2') })).toEqual(['vm > paused > resumes: shared']);
    expect(await touchedBy({ helpers: replace('return 3', 'return 4') })).toEqual(['vm > keeps 3 disks: shared']);
    expect(await touchedBy({ deep: replace("'running'", "'x'") })).toEqual(['vm > starts: shared']);
  });

  test("a table's item touches its case, the function all of them", async () => {
    expect(await touchedBy({ suite: replace("[2, 'two']", "[2, 'two', true]") })).toEqual([
      'vm > counts 2 as two: own',
    ]);
    expect(await touchedBy({ suite: replace('expect(vm[n])', 'expect(n)') })).toEqual([
      'vm > counts 1 as one: own',
      'vm > counts 2 as two: own',
    ]);
    expect(await touchedBy({ suite: replace("{ os: 'bsd' }", "{ os: 'bsd', arch: 'arm' }") })).toEqual([
      'vm > on bsd > boots: own',
    ]);
    expect(await touchedBy({ suite: replace("'Running']", "'Running', 'Failed']") })).toEqual([]);
  });

  test('by place too, in a file that moved', async () => {
    const index = await indexOf([{ path: PATH, old: SUITE, new: SUITE.replace('expect(LIMIT)', 'expect(1)') }]);
    const at = (snippet: string) =>
      index.reach('old', PATH, observed('?', { place: { file: PATH, line: lineOf(SUITE, snippet) } }));
    expect([at("test('plain'"), at("it('starts'")]).toEqual(['own', 'none']);
  });

  test('subtests of node:test', async () => {
    const text = (value: number) => `test('outer', async (t) => {
  await t.test('inner one', () => { check(${value}); });
  await t.test('inner two', () => {});
});
`;
    const index = await indexOf([{ path: 'a.test.js', old: text(1), new: text(2) }]);
    const reach = (name: string) => index.reach('new', 'a.test.js', observed(`a.test.js > ${name}`));
    expect([reach('outer'), reach('outer > inner one'), reach('outer > inner two')]).toEqual(['own', 'own', 'none']);
  });

  test('cases inside a suite without a name, as vitest 1 tells them', async () => {
    const text = (first: string) =>
      `describe('vm', () => {\n  it('starts', () => { ${first} });\n  it('stops', () => { b(); });\n});\n`;
    const index = await indexOf([{ path: 'a.test.js', old: text('a()'), new: text('c()') }]);
    const reach = (name: string) => index.reach('new', 'a.test.js', observed(`a.test.js >  > vm > ${name}`));
    expect([reach('starts'), reach('stops')]).toEqual(['own', 'none']);
  });

  test('a renamed case, in a table of vitest and in a test', async () => {
    const now = SUITE.replace("it('starts'", "it('begins'");
    const index = await indexOf([{ path: PATH, old: SUITE, new: now }]);
    const gone = [observed(`${PATH} > vm > paused > resumes`), observed(`${PATH} > vm > starts`)];
    expect(index.renamedFrom(PATH, observed(`${PATH} > vm > begins`), gone)?.name).toBe(`${PATH} > vm > starts`);
  });

  test('TSX', async () => {
    const text = (label: string) =>
      `it('renders', () => { render(<Button label="${label}">text</Button>); });\nit('other', () => {});\n`;
    const index = await indexOf([{ path: 'a.test.tsx', old: text('a'), new: text('b') }]);
    const reach = (name: string) => index.reach('new', 'a.test.tsx', observed(`a.test.tsx > ${name}`));
    expect([reach('renders'), reach('other')]).toEqual(['own', 'none']);
  });
});

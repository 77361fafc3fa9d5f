import { describe, expect, test } from 'vitest';
import { indexOf, lineOf, observed } from './touched.ts';

const PATH = 'tests/unit/test_vm.py';
const SUITE = `import pytest
from .helpers import boot
from tests.unit import helpers

LIMIT = 3


@pytest.fixture
def disk(size):
    return size


def local(vm):
    return vm


def test_starts(vm):
    """Starts."""
    assert boot(vm)


def test_disk(disk):
    assert disk == helpers.count()


@pytest.mark.parametrize("size,valid", [(1, True), (100, False), pytest.param(7, True, id="odd")])
def test_fits(size, valid):
    assert (local(size) < LIMIT) == valid


class TestPaused:
    state = "paused"

    def setup_method(self):
        self.vm = 1

    def wait(self):
        return 1

    def test_resumes(self):
        assert self.wait() == 1

    def test_state(self):
        if self.state:
            assert self.vm


@pytest.mark.usefixtures("disk")
def test_marked():
    pass
`;
const HELPERS =
  'def boot(vm):\n    return inner(vm)\n\n\ndef inner(vm):\n    return True\n\n\ndef count():\n    return 1\n';
const CONFTEST = `import pytest

@pytest.fixture
def vm():
    return 1

@pytest.fixture(autouse=True)
def clean():
    yield

@pytest.fixture
def size():
    return 1
`;
const NAMES = [
  'test_starts',
  'test_disk',
  'test_fits[1-True]',
  'test_fits[100-False]',
  'test_fits[odd]',
  'TestPaused > test_resumes',
  'TestPaused > test_state',
  'test_marked',
];

type Edit = (text: string) => string;

async function touchedBy(edits: { suite?: Edit; helpers?: Edit; conftest?: Edit }): Promise<string[]> {
  const files = [
    { path: PATH, old: SUITE, new: edits.suite?.(SUITE) ?? SUITE },
    { path: 'tests/unit/helpers.py', old: HELPERS, new: edits.helpers?.(HELPERS) ?? HELPERS },
    { path: 'tests/conftest.py', old: CONFTEST, new: edits.conftest?.(CONFTEST) ?? CONFTEST },
  ];
  expect(files.some((file) => file.old !== file.new)).toBe(true);
  const index = await indexOf(files);
  return NAMES.flatMap((name) => {
    const reach = index.reach('new', PATH, observed(`${PATH} > ${name}`, { file: PATH }));
    return reach === 'none' ? [] : [`${name}: ${reach}`];
  });
}
const replace = (from: string, to: string) => (text: string) => text.replace(from, to);

describe('touched cases of pytest', () => {
  test('comments, blank lines, layout and imports touch nothing', async () => {
    const suite = (text: string) =>
      `# head\n\n\n${text}`
        .replace('    assert boot(vm)', '    # why\n    assert boot(\n        vm,\n    )')
        .replace('import pytest\nfrom .helpers import boot', 'from .helpers import boot\nimport pytest');
    expect(await touchedBy({ suite })).toEqual([]);
  });

  test('a body touches its case; so does its indentation', async () => {
    expect(await touchedBy({ suite: replace('assert boot(vm)', 'assert not boot(vm)') })).toEqual(['test_starts: own']);
    expect(
      await touchedBy({ suite: replace('            assert self.vm', '            pass\n        assert self.vm') }),
    ).toEqual(['TestPaused > test_state: own']);
    const dedented = (text: string) =>
      text.replace(
        '        if self.state:\n            assert self.vm',
        '        if self.state:\n            pass\n        assert self.vm',
      );
    expect(await touchedBy({ suite: dedented })).toEqual(['TestPaused > test_state: own']);
  });

  test('a parameter set touches its own case, the function all of them', async () => {
    expect(await touchedBy({ suite: replace('(100, False)', '(100, not True)') })).toEqual([
      'test_fits[100-False]: own',
    ]);
    expect(await touchedBy({ suite: replace('pytest.param(7, True', 'pytest.param(9, True') })).toEqual([
      'test_fits[odd]: own',
    ]);
    expect(await touchedBy({ suite: replace('== valid', 'is valid') })).toEqual([
      'test_fits[1-True]: own',
      'test_fits[100-False]: own',
      'test_fits[odd]: own',
    ]);
  });

  test('constants, helpers of the file, methods and attributes reach what uses them', async () => {
    expect(await touchedBy({ suite: replace('LIMIT = 3', 'LIMIT = 4') })).toEqual([
      'test_fits[1-True]: shared',
      'test_fits[100-False]: shared',
      'test_fits[odd]: shared',
    ]);
    expect(await touchedBy({ suite: replace('return vm\n', 'return 2\n') })).toHaveLength(3);
    expect(await touchedBy({ suite: replace('        return 1', '        return 2') })).toEqual([
      'TestPaused > test_resumes: shared',
    ]);
    expect(await touchedBy({ suite: replace('state = "paused"', 'state = "x"') })).toEqual([
      'TestPaused > test_state: shared',
    ]);
  });

  test('set-up of a class reaches its cases', async () => {
    expect(await touchedBy({ suite: replace('self.vm = 1', 'self.vm = 2') })).toEqual([
      'TestPaused > test_resumes: shared',
      'TestPaused > test_state: shared',
    ]);
  });

  test('helpers of other files, through one another and as modules', async () => {
    expect(await touchedBy({ helpers: replace('return True', 'return False') })).toEqual(['test_starts: shared']);
    expect(await touchedBy({ helpers: replace('return 1', 'return 2') })).toEqual(['test_disk: shared']);
  });

  test('fixtures by name, through other fixtures, by mark, and by themselves', async () => {
    expect(await touchedBy({ conftest: replace('return 1', 'return 2') })).toEqual(['test_starts: shared']);
    expect(await touchedBy({ suite: replace('return size', 'return 2') })).toEqual([
      'test_disk: shared',
      'test_marked: shared',
    ]);
    expect(await touchedBy({ conftest: (text) => text.replace(/return 1\n$/, 'return 2\n') })).toEqual([
      'test_disk: shared',
      'test_marked: shared',
    ]);
    expect(await touchedBy({ conftest: replace('yield', 'yield 1') })).toEqual(NAMES.map((name) => `${name}: shared`));
  });

  test("unittest's classes, with what they inherit", async () => {
    const text = (base: string) => `class Base(unittest.TestCase):
    def setUp(self):
        self.x = ${base}

class VmTest(Base):
    def test_x(self):
        self.assertEqual(self.x, 1)

class OtherTest(unittest.TestCase):
    def test_y(self):
        pass
`;
    const index = await indexOf([{ path: PATH, old: text('1'), new: text('2') }]);
    const reach = (name: string) => index.reach('new', PATH, observed(`${PATH}::${name}`));
    expect([reach('VmTest::test_x'), reach('OtherTest::test_y')]).toEqual(['shared', 'none']);
  });

  test('by place', async () => {
    const index = await indexOf([{ path: PATH, old: SUITE, new: SUITE.replace('== valid', 'is valid') }]);
    const at = (snippet: string) =>
      index.reach('old', PATH, observed('?', { place: { file: PATH, line: lineOf(SUITE, snippet) } }));
    expect([at('def test_fits'), at('@pytest.mark.parametrize'), at('def test_disk')]).toEqual(['own', 'own', 'none']);
  });

  test('a renamed test has the same body', async () => {
    const index = await indexOf([{ path: PATH, old: SUITE, new: SUITE.replace('def test_starts', 'def test_boots') }]);
    const gone = [observed(`${PATH} > test_starts`), observed(`${PATH} > test_marked`)];
    expect(index.renamedFrom(PATH, observed(`${PATH} > test_boots`), gone)?.name).toBe(`${PATH} > test_starts`);
  });
});

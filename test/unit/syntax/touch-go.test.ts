import { describe, expect, test } from 'vitest';
import { indexOf, observed } from './touched.ts';

const PATH = 'pkg/log/log_test.go';

/** How the change reaches tests by their names, on the new side. */
async function reaches(old: string, now: string, ...names: string[]): Promise<string[]> {
  const index = await indexOf([{ path: PATH, old: `package log\n${old}`, new: `package log\n${now}` }]);
  return names.map((name) => `${name}: ${index.reach('new', 'pkg/log', observed(`example.com/a.b/pkg/log.${name}`))}`);
}

describe('touched tests of go test', () => {
  test('a test is touched by its own body and by helpers that it calls', async () => {
    const text = (body: string, helper: string) => `
func TestA(t *testing.T) { ${body} }
func TestB(t *testing.T) { check(t) }
func check(t *testing.T) { ${helper} }
func ExampleC() {}
func FuzzD(f *testing.F) { check(nil) }
`;
    const names = ['TestA', 'TestB', 'ExampleC', 'FuzzD', 'FuzzD/seed#0'];
    expect(await reaches(text('a()', 'x()'), text('b()', 'x()'), ...names)).toEqual([
      'TestA: own',
      'TestB: none',
      'ExampleC: none',
      'FuzzD: none',
      'FuzzD/seed#0: none',
    ]);
    expect(await reaches(text('a()', 'x()'), text('a()', 'y()'), ...names)).toEqual([
      'TestA: none',
      'TestB: shared',
      'ExampleC: none',
      'FuzzD: shared',
      'FuzzD/seed#0: shared',
    ]);
  });

  test('subtests by their names, their parent with any of them', async () => {
    const text = (first: string, second: string, around: string) => `
func TestA(t *testing.T) {
	${around}
	t.Run("first one", func(t *testing.T) { ${first} })
	t.Run("second", func(t *testing.T) {
		t.Run("inner", func(t *testing.T) { ${second} })
	})
}`;
    const names = ['TestA', 'TestA/first_one', 'TestA/second', 'TestA/second/inner', 'TestA/nobody'];
    expect(await reaches(text('a()', 'b()', 'c()'), text('x()', 'b()', 'c()'), ...names)).toEqual([
      'TestA: own',
      'TestA/first_one: own',
      'TestA/second: none',
      'TestA/second/inner: none',
      'TestA/nobody: own',
    ]);
    expect(await reaches(text('a()', 'b()', 'c()'), text('a()', 'x()', 'c()'), ...names)).toEqual([
      'TestA: own',
      'TestA/first_one: none',
      'TestA/second: own',
      'TestA/second/inner: own',
      'TestA/nobody: own',
    ]);
    expect(await reaches(text('a()', 'b()', 'c()'), text('a()', 'b()', 'x()'), ...names)).toEqual([
      'TestA: own',
      'TestA/first_one: shared',
      'TestA/second: shared',
      'TestA/second/inner: shared',
      'TestA/nobody: own',
    ]);
  });

  const table = (items: string, body = 'check(tc.in)') => `
func TestTable(t *testing.T) {
	for _, tc := range []struct{ name string; in int }{
		${items}
	} {
		t.Run(tc.name, func(t *testing.T) { ${body} })
	}
}`;

  test("a table's item touches its subtest, the body all of them", async () => {
    const names = ['TestTable', 'TestTable/small_one', 'TestTable/large'];
    const old = table('{"small one", 1}, {name: "large", in: 2},');
    expect(await reaches(old, table('{"small one", 1}, {name: "large", in: 3},'), ...names)).toEqual([
      'TestTable: own',
      'TestTable/small_one: none',
      'TestTable/large: own',
    ]);
    expect(
      await reaches(old, table('{"small one", 1}, {name: "more", in: 9}, {name: "large", in: 2},'), ...names),
    ).toEqual(['TestTable: own', 'TestTable/small_one: none', 'TestTable/large: none']);
    expect(await reaches(old, table('{"small one", 1}, {name: "large", in: 2},', 'check(tc.in, 1)'), ...names)).toEqual(
      ['TestTable: own', 'TestTable/small_one: own', 'TestTable/large: own'],
    );
  });

  test('where no item has the name, any item that differs touches all subtests', async () => {
    const names = ['TestTable/0', 'TestTable/1'];
    expect(await reaches(table('{in: 1}, {in: 2},'), table('{in: 1}, {in: 3},'), ...names)).toEqual([
      'TestTable/0: own',
      'TestTable/1: own',
    ]);
  });

  test('a table in a variable, of the test or of the package, and one by its keys', async () => {
    const local = (size: number) => `
func TestT(t *testing.T) {
	tests := map[string]struct{ in int }{
		"small": {in: 1},
		"large": {in: ${size}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) { check(tc.in) })
	}
}`;
    expect(await reaches(local(2), local(3), 'TestT/small', 'TestT/large')).toEqual([
      'TestT/small: none',
      'TestT/large: own',
    ]);
    const shared = (size: number) => `
var cases = []struct{ name string; in int }{
	{name: "small", in: 1},
	{name: "large", in: ${size}},
}
func TestT(t *testing.T) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) { check(tc.in) })
	}
}
func TestOther(t *testing.T) {}`;
    expect(await reaches(shared(2), shared(3), 'TestT/small', 'TestT/large', 'TestOther')).toEqual([
      'TestT/small: none',
      'TestT/large: own',
      'TestOther: none',
    ]);
  });

  test('subtests that a helper registers', async () => {
    const text = (call: string) => `
func TestT(t *testing.T) { suite(t, "a") }
func suite(t *testing.T, name string) {
	t.Run("one", func(t *testing.T) { ${call} })
	t.Run("two", func(t *testing.T) { c() })
}`;
    expect(await reaches(text('a()'), text('b()'), 'TestT', 'TestT/one', 'TestT/two')).toEqual([
      'TestT: shared',
      'TestT/one: own',
      'TestT/two: none',
    ]);
  });

  test('TestMain and init are set-up for all', async () => {
    const text = (code: string) => `
func TestMain(m *testing.M) { ${code} }
func TestT(t *testing.T) {}`;
    expect(await reaches(text('a()'), text('b()'), 'TestT')).toEqual(['TestT: shared']);
  });

  test('a renamed test has the same body', async () => {
    const index = await indexOf([
      {
        path: PATH,
        old: 'package log\nfunc TestOld(t *testing.T) { check(1) }\nfunc TestOther(t *testing.T) { check(2) }\n',
        new: 'package log\nfunc TestNew(t *testing.T) { check(1) }\n',
      },
    ]);
    const gone = [observed('pkg/log.TestOther'), observed('pkg/log.TestOld')];
    expect(index.renamedFrom('pkg/log', observed('pkg/log.TestNew'), gone)?.name).toBe('pkg/log.TestOld');
  });

  test('a package at the root of the repository', async () => {
    const text = (wanted: string) =>
      `package flags\nconst wanted = \`${wanted}\`\nfunc TestA(t *testing.T) { check(wanted) }\nfunc TestB(t *testing.T) {}\n`;
    const index = await indexOf([{ path: 'flag_test.go', old: text('--a'), new: text('--a[=true]') }]);
    const seen = ['TestA', 'TestB'].map((name) => index.reach('new', '.', observed(`example.com/flags.${name}`)));
    expect(seen).toEqual(['shared', 'none']);
  });

  test('a text that is no Go is judged by its file alone', async () => {
    expect(await reaches('func TestA(t *testing.T) {}', '%%% )))(((', 'TestA')).toEqual(['TestA: own']);
  });
});

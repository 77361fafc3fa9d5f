import { describe, expect, test } from 'vitest';
import type { MissingName } from '../../../src/domain/observation.ts';
import { declaredNames } from '../../../src/syntax/declarations.ts';
import { declaredInTests, definesMissing } from '../../../src/syntax/missing-names.ts';

const symbol = (name: string): MissingName => ({ name, kind: 'symbol' });
const member = (owner: string, name: string): MissingName => ({ name: `${owner}.${name}`, kind: 'member', owner });
const signature = (name: string): MissingName => ({ name, kind: 'signature' });

async function answers(missing: MissingName[], oldText: string | undefined, newText: string, path = 'pkg/a.go') {
  const file = { path, newText, ...(oldText === undefined ? {} : { oldText }) };
  return (await definesMissing(missing, [file])).map(({ answer, place }) =>
    place === undefined ? answer : `${answer} ${place.file}:${place.line}`,
  );
}

describe('what files declare', () => {
  const shown = async (path: string, text: string) =>
    (await declaredNames([{ path, text }])).map(
      ({ name, owner, kind, place }) => `${kind} ${owner === undefined ? '' : `${owner}.`}${name}:${place.line}`,
    );

  test('Go', async () => {
    const text = `package a
func F[T any](x int) error { type inner struct{}; return nil }
func (v *VM[T]) M() {}
type VM[T any] struct {
	Name, Other string
	*base.Embedded
}
type I interface {
	Do(x int) error
}
const (
	A = iota
	B
)
var (
	x, y = 1, 2
)`;
    expect(await shown('a.go', text)).toEqual([
      'function F:2',
      'method VM.M:3',
      'type VM:4',
      'member VM.Name:5',
      'member VM.Other:5',
      'member VM.Embedded:6',
      'type I:8',
      'member I.Do:9',
      'constant A:12',
      'constant B:13',
      'variable x:16',
      'variable y:16',
    ]);
  });

  test('TypeScript', async () => {
    const text = `export function f(a: number): string { return ''; }
export class C { #p = 1; field = 2; get x() { return 1; } method(a: string): void {} }
export interface I { a: string; m(x: number): void }
export type T = { b: number };
export const { d, e: g } = make(), arrow = (q: string) => q;
export enum E { One }
export { f as renamed };
export default class {}
`;
    expect(await shown('a.ts', text)).toEqual([
      'function f:1',
      'type C:2',
      'member C.p:2',
      'member C.field:2',
      'method C.x:2',
      'method C.method:2',
      'type I:3',
      'member I.a:3',
      'method I.m:3',
      'type T:4',
      'member T.b:4',
      'variable d:5',
      'variable g:5',
      'variable arrow:5',
      'type E:6',
      'member E.One:6',
      'variable renamed:7',
      'variable default:8',
    ]);
  });

  test('Python', async () => {
    const text = `from .other import thing as alias, second
LIMIT: int = 3
a, b = 1, 2
class C(Base):
    kind = 'x'
    def __init__(self):
        self.size = 1
    @property
    def wide(self): return 1
@decorated
def free(x): pass
try:
    import json
    fast = 1
except ImportError:
    fast = 0
`;
    expect(await shown('a.py', text)).toEqual([
      'variable alias:1',
      'variable second:1',
      'variable LIMIT:2',
      'variable a:3',
      'variable b:3',
      'type C:4',
      'member C.kind:5',
      'method C.__init__:6',
      'member C.size:7',
      'method C.wide:9',
      'function free:11',
      'variable fast:14',
      'variable fast:16',
    ]);
  });

  test('nothing where no language is read', async () => {
    expect(await declaredNames([{ path: 'README.md', text: 'func F() {}' }])).toEqual([]);
  });
});

describe('whether a change defines what its tests miss', () => {
  test('a name that only H declares is defined', async () => {
    const missing = [symbol('a.F'), symbol('Gone'), member('VM', 'Paused'), member('api.VM', 'Stop')];
    const old = 'package a\ntype VM struct{ Name string }\n';
    const now = 'package a\ntype VM struct {\n\tName string\n\tPaused bool\n}\nfunc (v *VM) Stop() {}\nfunc F() {}\n';
    expect(await answers(missing, old, now)).toEqual([
      'defined pkg/a.go:7',
      'not-defined',
      'defined pkg/a.go:4',
      'defined pkg/a.go:6',
    ]);
  });

  test('a name that both sides declare is changed where its callers would notice', async () => {
    const old = 'package a\nfunc F(a int) {}\nfunc G(a int) { one() }\ntype I interface{ M() }\n';
    const now = 'package a\nfunc F(a, b int) {}\nfunc G(a int) { two() }\ntype I interface{ M(x int) }\n';
    expect(await answers([signature('a.F'), signature('G'), signature('I.M')], old, now)).toEqual([
      'signature-changed pkg/a.go:2',
      'not-defined',
      'signature-changed pkg/a.go:4',
    ]);
  });

  test('an interface that demands a method no more fits the type again', async () => {
    const missing: MissingName = { name: 'fake.Old', kind: 'member', owner: 'fake', demandedBy: 'a.Client' };
    const old = 'package a\ntype Client interface{ New(); Old() }\n';
    expect(await answers([missing], old, 'package a\ntype Client interface{ New() }\n')).toEqual([
      'signature-changed pkg/a.go:2',
    ]);
    expect(await answers([missing], old, 'package a\ntype Client interface{ Old() }\n')).toEqual(['not-defined']);
  });

  test('test files define nothing', async () => {
    expect(await answers([symbol('F')], undefined, 'package a\nfunc F() {}\n', 'pkg/a_test.go')).toEqual([
      'not-defined',
    ]);
  });

  test.each([
    ['kubevirt.io/kubevirt/pkg/rest/filter', 'pkg/rest/filter/filter.go', 'defined pkg/rest/filter/filter.go:1'],
    [
      'kubevirt.io/api/core/v2',
      'staging/src/kubevirt.io/api/core/v2/types.go',
      'defined staging/src/kubevirt.io/api/core/v2/types.go:1',
    ],
    ['kubevirt.io/kubevirt/pkg/rest/other', 'pkg/rest/filter/filter.go', 'not-defined'],
    ['../src/pause', 'src/pause.ts', 'defined src/pause.ts:1'],
    ['./pause.js', 'src/pause/index.ts', 'defined src/pause/index.ts:1'],
    ['app.pause', 'src/app/pause.py', 'defined src/app/pause.py:1'],
    ['app.pause', 'src/app/pause/__init__.py', 'defined src/app/pause/__init__.py:1'],
  ])('package %s, with %s added: %s', async (name, path, answer) => {
    expect(await answers([{ name, kind: 'package' }], undefined, '', path)).toEqual([answer]);
    expect(await answers([{ name, kind: 'package' }], 'old', 'new', path)).toEqual(['not-defined']);
  });
});

describe('whether the tests themselves should declare what is missing', () => {
  const text = `package a_test
import v1 "kubevirt.io/api/core/v1"
type T struct{}
type I interface{ M() }
func g(int) (int, error) { return 0, nil }
func (t T) Do(a int) {}
func TestX(t *testing.T) { local := func(a int) {}; local(1, 2); v1.New(3) }
`;
  const own = async (...missing: MissingName[]) => [...(await declaredInTests(missing, [{ path: 'a_test.go', text }]))];

  test('a member of their own type, a call of their own function', async () => {
    expect(await own(member('T', 'X'), signature('g'), signature('t.Do'), signature('local'))).toEqual([
      'T.X',
      'g',
      't.Do',
      'local',
    ]);
  });

  test('what the implementation declares is not theirs', async () => {
    expect(
      await own(symbol('undefinedFn'), member('api.T', 'X'), signature('v1.New'), signature('v1.Do'), {
        name: 'T',
        kind: 'package',
      }),
    ).toEqual([]);
  });

  test('what a test of Python imports is not theirs, what it defines is', async () => {
    const file = {
      path: 'tests/test_a.py',
      text: 'from app.shell import Fresh\n\ndef helper():\n    return Fresh()\n',
    };
    expect([...(await declaredInTests([symbol('Fresh'), symbol('helper')], [file]))]).toEqual(['helper']);
  });

  test('of an interface that is not fulfilled both sides must be theirs', async () => {
    expect(await own({ name: 'T.M', kind: 'member', owner: 'T', demandedBy: 'I' })).toEqual(['T.M']);
    expect(await own({ name: 'T.M', kind: 'member', owner: 'T', demandedBy: 'api.I' })).toEqual([]);
    expect(await own({ name: 'T.M', kind: 'member', owner: 'api.VM', demandedBy: 'I' })).toEqual([]);
  });
});

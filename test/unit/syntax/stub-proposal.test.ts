import { describe, expect, test } from 'vitest';
import type { MissingName } from '../../../src/domain/observation.ts';
import { checkStub } from '../../../src/syntax/stub-check.ts';
import { proposeStub } from '../../../src/syntax/stub-proposal.ts';

const symbol = (name: string): MissingName => ({ name, kind: 'symbol' });

/** The proposal for one file, and that it is a stub. */
async function propose(missing: readonly MissingName[], head: string, base?: string, path = 'pkg/vm/vm.go') {
  const proposal = await proposeStub(missing, [{ path, text: head }], base === undefined ? [] : [{ path, text: base }]);
  const changes = proposal.files.map((file) => ({
    ...file,
    ...(file.path === path && base !== undefined ? { oldText: base } : {}),
  }));
  expect(await checkStub(changes)).toEqual([]);
  return {
    files: Object.fromEntries(proposal.files.map((file) => [file.path, file.newText])),
    unresolved: proposal.unresolved,
  };
}

const BASE = `package vm

import "fmt"

type VM struct {
	Name string
}

type Client interface {
	Get() error
}

func Old(client *VM, name string) error {
	return fmt.Errorf("%s %s", client.Name, name)
}
`;

describe('a proposed stub for Go', () => {
  test('functions return empty values, and no nil where an empty value can stand', async () => {
    const head = `${BASE}
func A(x int) (string, bool, int64, error) { return compute(x) }
func B() (*VM, []VM, map[string]int) { return nil, nil, nil }
func C(f func(int) error) (g func() error, c chan int, m Mode) { return f2, c, m }
func D() { compute(1) }
func (v *VM) E(w fmt.Stringer) (a, b int) { return 1, 2 }
type Mode string
func compute(int) {}
`;
    const { files, unresolved } = await propose(
      [symbol('vm.A'), symbol('B'), symbol('C'), symbol('D'), { name: 'VM.E', kind: 'member', owner: 'VM' }],
      head,
      BASE,
    );
    expect(unresolved).toEqual([]);
    expect(files).toEqual({
      'pkg/vm/redfirst_stub_vm.go': `package vm

import (
	"fmt"
)

func A(x int) (string, bool, int64, error) {
	return "", false, 0, nil
}

func B() (*VM, []VM, map[string]int) {
	return new(VM), []VM{}, map[string]int{}
}

type Mode string

func C(f func(int) error) (g func() error, c chan int, m Mode) {
	return nil, make(chan int), *new(Mode)
}

func D() {}

func (v *VM) E(w fmt.Stringer) (a, b int) {
	return 0, 0
}
`,
    });
  });

  test('what the real body returns for a named type tells what is empty', async () => {
    const head = `package vm

import "example.com/rest"

func Filter() rest.FilterFunction {
	return func(req *rest.Request) error { return log(req) }
}

func NewClient() Client { return &client{name: "x"} }

type client struct{ name string }

func (c *client) Get() error { return call(c.name) }
`;
    expect(
      (await propose([symbol('Filter'), symbol('NewClient')], head, BASE, 'pkg/vm/filter.go')).files[
        'pkg/vm/redfirst_stub_filter.go'
      ],
    ).toBe(
      `package vm

import (
	"example.com/rest"
)

func Filter() rest.FilterFunction {
	return func(req *rest.Request) error {
	return nil
}
}

type client struct{ name string }

func (c *client) Get() error {
	return nil
}

func NewClient() Client {
	return &client{}
}
`,
    );
  });

  test('constants, groups that count, variables, and types with what they need', async () => {
    const head = `package vm

import "errors"

const Limit = 3

const (
	First = iota
	Second
)

var ErrGone = errors.New("gone")
var Sizes = map[string]int{"a": compute()}

type Spec struct {
	Mode Mode
	List []Item
}

type Mode string
type Item struct{ N int }
type Unused struct{}
`;
    const { files } = await propose(
      [symbol('Limit'), symbol('Second'), symbol('ErrGone'), symbol('Sizes'), symbol('Spec')],
      head,
    );
    expect(files).toEqual({
      'pkg/vm/vm.go': `package vm

const Limit = 3

const (
	First = iota
	Second
)

var ErrGone error

var Sizes = map[string]int{}

type Mode string

type Item struct{ N int }

type Spec struct {
	Mode Mode
	List []Item
}
`,
    });
  });

  test('fields and interface methods are added where the type is', async () => {
    const head = `${BASE.replace('\tName string\n', '\tName string\n\tMode Mode `json:"mode"`\n').replace(
      '\tGet() error\n',
      '\tGet() error\n\tPause(x int) error\n',
    )}\ntype Mode string\n`;
    const missing: MissingName[] = [
      { name: 'VM.Mode', kind: 'member', owner: 'VM' },
      { name: 'Client.Pause', kind: 'member', owner: 'Client' },
    ];
    const { files } = await propose(missing, head, BASE);
    expect(files).toEqual({
      'pkg/vm/redfirst_stub_vm.go': 'package vm\n\ntype Mode string\n',
      'pkg/vm/vm.go': BASE.replace('\tName string\n}', '\tName string\n\n\tMode Mode `json:"mode"`\n}').replace(
        '\tGet() error\n}',
        '\tGet() error\n\n\tPause(x int) error\n}',
      ),
    });
  });

  test('a signature changes under the body that is there, which keeps its names', async () => {
    const head = BASE.replace('func Old(client *VM, name string) error {', 'func Old(c Client, n string) error {');
    const { files } = await propose([{ name: 'vm.Old', kind: 'signature' }], head, BASE);
    expect(files['pkg/vm/vm.go']).toBe(
      BASE.replace('func Old(client *VM, name string) error {', 'func Old(client Client, name string) error {'),
    );
  });

  test('fields that hold a parameter whose type changes change with it (KubeVirt 18510)', async () => {
    const text = (type: string) => `package vm

type Admitter struct {
	Config ${type}
	Other  *Config
}

type Config struct{}

func NewAdmitter(config ${type}, other *Config) *Admitter {
	return &Admitter{Config: config, Other: other}
}
`;
    const { files } = await propose(
      [{ name: 'vm.NewAdmitter', kind: 'signature' }],
      `${text('checker').replaceAll('Config checker', 'config checker').replace('Config:', 'config:')}\ntype checker interface {\n\tEnabled() bool\n}\n`,
      text('*Config'),
    );
    expect(files).toEqual({
      'pkg/vm/redfirst_stub_vm.go': 'package vm\n\ntype checker interface {\n\tEnabled() bool\n}\n',
      'pkg/vm/vm.go': text('checker'),
    });
  });

  test('packages that a result alone names are imported', async () => {
    const head = 'package vm\n\nimport metav1 "k8s.io/meta/v1"\n\nfunc A() []metav1.Cause { return b() }\n';
    expect((await propose([symbol('A')], head)).files['pkg/vm/vm.go']).toBe(
      'package vm\n\nimport (\n\tmetav1 "k8s.io/meta/v1"\n)\n\nfunc A() []metav1.Cause {\n\treturn []metav1.Cause{}\n}\n',
    );
  });

  test('a type of another package of the change comes with it', async () => {
    const head = [
      {
        path: 'pkg/vm/vm.go',
        text: 'package vm\n\nimport v1 "example.com/repo/api/v1"\n\nfunc Make(s v1.Spec) *v1.Spec { return &s }\n',
      },
      { path: 'api/v1/types.go', text: 'package v1\n\ntype Spec struct{ A int }\n' },
    ];
    const { files } = await proposeStub([symbol('Make')], head, []);
    expect(Object.fromEntries(files.map(({ path, newText }) => [path, newText]))).toEqual({
      'api/v1/types.go': 'package v1\n\ntype Spec struct{ A int }\n',
      'pkg/vm/vm.go':
        'package vm\n\nimport (\n\tv1 "example.com/repo/api/v1"\n)\n\nfunc Make(s v1.Spec) *v1.Spec {\n\treturn new(v1.Spec)\n}\n',
    });
  });

  test('a package that is not there: everything that the change puts into it', async () => {
    const { files } = await propose(
      [{ name: 'example.com/repo/pkg/vm', kind: 'package' }],
      'package vm\nfunc A() {}\nfunc B() { A() }\n',
    );
    expect(files).toEqual({ 'pkg/vm/vm.go': 'package vm\n\nfunc A() {}\n\nfunc B() {}\n' });
  });

  test('build constraints stay', async () => {
    const { files } = await propose(
      [symbol('A')],
      '// License\n\n//go:build linux\n\npackage vm\n\nfunc A() { b() }\n',
    );
    expect(files['pkg/vm/vm.go']).toBe('//go:build linux\n\npackage vm\n\nfunc A() {}\n');
  });

  test('what the change does not declare is said', async () => {
    const { files, unresolved } = await propose([symbol('Nowhere'), symbol('Old')], BASE, BASE);
    expect(files).toEqual({});
    expect(unresolved).toEqual([symbol('Nowhere'), symbol('Old')]);
  });
});

import { describe, expect, test } from 'vitest';
import { indexOf, lineOf, observed, reaches } from './touched.ts';

const PATH = 'pkg/vm/vm_test.go';
const go = (old: string, now: string, ...snippets: string[]) => reaches(PATH, old, now, snippets, 'pkg/vm');

const SUITE = `package vm

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("vm", func() {
	var vm *VM
	limit := 3

	BeforeEach(func() {
		vm = newVM("outer")
	})

	It("starts", func() {
		Expect(vm.Start()).To(Succeed())
	})

	Context("paused", func() {
		BeforeEach(func() {
			vm.Pause()
		})

		It("resumes", Label("quick"), func() {
			Expect(vm.Resume(limit)).To(Succeed())
		})
	})

	Context("stopped", func() {
		It("stays", func() {
			Expect(vm.State()).To(Equal(wanted()))
		})
		PIt("starts again", func() {
			Expect(vm.Start()).To(Succeed())
		})
	})

	DescribeTable("sizes", func(size int, valid bool) {
		Expect(vm.Fits(size)).To(Equal(valid))
	},
		Entry("small", 1, true),
		Entry("large", 100, false),
	)
})

func newVM(name string) *VM {
	return &VM{Name: name}
}

func wanted() string { return inner() }

func inner() string { return "stopped" }
`;
const CASES = ['It("starts"', 'It("resumes"', 'It("stays"', 'PIt("starts again"', 'Entry("small"', 'Entry("large"'];
const edit = (from: string, to: string) => {
  if (!SUITE.includes(from)) throw new Error(`nothing to edit: ${from}`);
  return SUITE.replace(from, to);
};
const touchedBy = async (from: string, to: string) =>
  (await go(SUITE, edit(from, to), ...CASES)).filter((line) => !line.endsWith('none/none'));

describe('touched cases of ginkgo', () => {
  test('a line inserted above shifts everything and touches nothing', async () => {
    expect(await touchedBy('package vm\n', '// Copyright\n\npackage vm\n\n')).toEqual([]);
  });

  test('comments, blank lines, layout and imports touch nothing', async () => {
    expect(await touchedBy('vm.Pause()', '// why\n\n\t\t\tvm.Pause() // so')).toEqual([]);
    expect(await touchedBy('Entry("small", 1, true)', 'Entry("small",\n\t\t\t1,\n\t\t\ttrue,\n\t\t)')).toEqual([]);
    expect(
      await touchedBy(
        '\t. "github.com/onsi/ginkgo/v2"\n\t. "github.com/onsi/gomega"',
        '\t. "github.com/onsi/gomega"\n\t. "github.com/onsi/ginkgo/v2"',
      ),
    ).toEqual([]);
  });

  test('the body of a case touches it alone', async () => {
    expect(await touchedBy('vm.Resume(limit)', 'vm.Resume(limit, 1)')).toEqual(['It("resumes": own/own']);
  });

  test('a line that is only added, or only taken away, shows on both sides', async () => {
    expect(await touchedBy('\t\t\tExpect(vm.Resume', '\t\t\tvm.Wait()\n\t\t\tExpect(vm.Resume')).toEqual([
      'It("resumes": own/own',
    ]);
  });

  test('a label touches the case', async () => {
    expect(await touchedBy('Label("quick")', 'Label("slow")')).toEqual(['It("resumes": own/own']);
  });

  test('a pending case that becomes a real one is changed', async () => {
    const now = edit('PIt("starts again"', 'It("starts again"');
    expect(await go(SUITE, now, 'It("starts again"')).toEqual(['It("starts again": own/own']);
  });

  test('a focus that is taken away touches the case', async () => {
    const focused = edit('It("stays"', 'FIt("stays"');
    expect(await go(focused, SUITE, 'It("stays"', 'It("starts",')).toEqual([
      'It("stays": own/own',
      'It("starts",: none/none',
    ]);
  });

  test('set-up of an outer container reaches every case in it', async () => {
    expect(await touchedBy('vm = newVM("outer")', 'vm = newVM("other")')).toEqual(
      CASES.map((snippet) => `${snippet}: shared/shared`),
    );
  });

  test('set-up of one container reaches no case of its sibling', async () => {
    expect(await touchedBy('vm.Pause()', 'vm.Pause(1)')).toEqual(['It("resumes": shared/shared']);
  });

  test('set-up that is taken away or added counts like set-up that is changed', async () => {
    const without = edit('\t\tBeforeEach(func() {\n\t\t\tvm.Pause()\n\t\t})\n\n', '');
    expect((await go(SUITE, without, ...CASES)).filter((line) => !line.endsWith('none/none'))).toEqual([
      'It("resumes": shared/shared',
    ]);
    expect((await go(without, SUITE, ...CASES)).filter((line) => !line.endsWith('none/none'))).toEqual([
      'It("resumes": shared/shared',
    ]);
  });

  test('a variable of a container reaches the cases that use it', async () => {
    expect(await touchedBy('limit := 3', 'limit := 4')).toEqual(['It("resumes": shared/shared']);
    expect(await touchedBy('limit := 3', 'limit := 3\n\tunused := 4')).toEqual([]);
  });

  test('a helper reaches what calls it, through other helpers too', async () => {
    expect(await touchedBy('return "stopped"', 'return "halted"')).toEqual(['It("stays": shared/shared']);
    expect(await touchedBy('return &VM{Name: name}', 'return &VM{Name: name, ID: 1}')).toEqual(
      CASES.map((snippet) => `${snippet}: shared/shared`),
    );
  });

  test("a table's entry touches itself, its body all entries", async () => {
    expect(await touchedBy('Entry("large", 100, false)', 'Entry("large", 101, false)')).toEqual([
      'Entry("large": own/own',
    ]);
    expect(await touchedBy('vm.Fits(size)', 'vm.Fits(size, 1)')).toEqual([
      'Entry("small": own/own',
      'Entry("large": own/own',
    ]);
  });

  test('an entry or a case that is added touches no neighbour', async () => {
    const more = edit('\t\tEntry("large"', '\t\tEntry("medium", 10, true),\n\t\tEntry("large"').replace(
      '\tContext("paused"',
      '\tIt("halts", func() {\n\t\tExpect(vm.Halt()).To(Succeed())\n\t})\n\n\tContext("paused"',
    );
    expect(
      (await go(SUITE, more, ...CASES, 'Entry("medium"', 'It("halts"')).filter((line) => !line.endsWith('none/none')),
    ).toEqual(['Entry("medium": own/absent', 'It("halts": own/absent']);
  });

  test('a case that moves to another file of the package, as it is, is not touched', async () => {
    const moved = 'var _ = Describe("vm", func() {\n\tIt("moves", func() { Expect(1).To(Equal(1)) })\n})\n';
    const index = await indexOf([
      { path: 'pkg/vm/a_test.go', old: `package vm\n${moved}`, new: 'package vm\n' },
      { path: 'pkg/vm/b_test.go', new: `package vm\n\n${moved}` },
    ]);
    expect(index.reach('new', 'pkg/vm', observed('moves', { place: { file: 'pkg/vm/b_test.go', line: 4 } }))).toBe(
      'none',
    );
  });

  test('a file more touches nothing in the others', async () => {
    const index = await indexOf(
      [{ path: 'pkg/vm/new_test.go', new: 'package vm\nvar _ = Describe("n", func() { It("is", func() {}) })\n' }],
      [{ path: PATH, text: SUITE }],
    );
    const place = { file: PATH, line: lineOf(SUITE, 'It("starts"') };
    expect(index.reach('new', 'pkg/vm', observed('starts', { place }))).toBe('none');
  });

  test('a changed helper reaches the cases of files that the change leaves alone', async () => {
    const helpers = (text: string) => `package vm\nfunc wanted() string { return ${text} }\n`;
    const [head = '', rest = ''] = SUITE.split('func wanted() string { return inner() }\n');
    const text = head + rest;
    const index = await indexOf(
      [{ path: 'pkg/vm/helpers_test.go', old: helpers('"a"'), new: helpers('"b"') }],
      [{ path: PATH, text }],
    );
    const reach = (snippet: string) =>
      index.reach('new', 'pkg/vm', observed(snippet, { place: { file: PATH, line: lineOf(text, snippet) } }));
    expect([reach('It("stays"'), reach('It("starts"')]).toEqual(['shared', 'none']);
  });

  test('a suite node of the package reaches all its cases', async () => {
    const suite = (text: string) => `package vm\nvar _ = BeforeSuite(func() { ${text} })\n`;
    const index = await indexOf(
      [{ path: 'pkg/vm/suite_test.go', old: suite('a()'), new: suite('b()') }],
      [{ path: PATH, text: SUITE }],
    );
    const place = { file: PATH, line: lineOf(SUITE, 'It("starts"') };
    expect(index.reach('new', 'pkg/vm', observed('starts', { place }))).toBe('shared');
  });

  test('a name that is bound nearer hides the helper of that name', async () => {
    const text = (value: string) => `package vm
func vmi() string { return ${value} }
var _ = Describe("x", func() {
	It("hides", func() { vmi := 1; Expect(vmi).To(Equal(1)) })
	It("calls", func() { vmi := vmi(); Expect(vmi).To(Equal(1)) })
	DescribeTable("t", func(vmi int) { Expect(vmi).To(Equal(1)) }, Entry("param", 1))
})
`;
    expect(await go(text('"a"'), text('"b"'), 'It("hides"', 'It("calls"', 'DescribeTable(')).toEqual([
      'It("hides": none/none',
      'It("calls": shared/shared',
      'DescribeTable(: none/none',
    ]);
  });

  test('a method of a type of the tests is reached through the type', async () => {
    const text = (value: string) => `package vm
type fake struct{}
func (f *fake) Get() string { return ${value} }
var _ = Describe("x", func() {
	It("uses", func() { run(&fake{}) })
	It("does not", func() { run(nil) })
})
`;
    expect(await go(text('"a"'), text('"b"'), 'It("uses"', 'It("does not"')).toEqual([
      'It("uses": shared/shared',
      'It("does not": none/none',
    ]);
  });

  test('cases with names from a loop: the item that differs touches its own case', async () => {
    const text = (item: string) => `package vm
var _ = Describe("x", func() {
	for _, phase := range []string{"Pending", ${item}} {
		It("reports "+phase, func() { Expect(phase).ToNot(BeEmpty()) })
	}
})
`;
    const index = await indexOf([{ path: PATH, old: text('"Running"'), new: text('"Running", "Failed"') }]);
    const reach = (name: string) => index.reach('new', 'pkg/vm', observed(name, { place: { file: PATH, line: 4 } }));
    expect([reach('x > reports Pending'), reach('x > reports Running'), reach('x > reports Failed')]).toEqual([
      'none',
      'none',
      'own',
    ]);
  });

  test('a function that registers cases: its case, its set-up, and the call that made the case', async () => {
    const text = (body: string, setup: string, argument: string) => `package vm
func behaves(name string, size int) {
	BeforeEach(func() { ${setup} })
	It("behaves like "+name, func() { Expect(size).To(${body}) })
	It("ends", func() {})
}
var _ = Describe("x", func() {
	Context("a", func() { behaves("first", 1) })
	Context("b", func() { behaves("second", ${argument}) })
})
`;
    const old = text('Equal(1)', 'set()', '2');
    const place = { file: PATH, line: 4 };
    const first = observed('x > a > behaves like first', {
      place,
      containers: [7, 8].map((line) => ({ file: PATH, line })),
    });
    const second = observed('x > b > behaves like second', {
      place,
      containers: [7, 9].map((line) => ({ file: PATH, line })),
    });
    const ends = observed('x > b > ends', {
      place: { file: PATH, line: 5 },
      containers: [7, 9].map((line) => ({ file: PATH, line })),
    });
    const all = async (now: string) => {
      const index = await indexOf([{ path: PATH, old, new: now }]);
      return [first, second, ends].map((one) => index.reach('new', 'pkg/vm', one));
    };
    expect(await all(text('Equal(2)', 'set()', '2'))).toEqual(['own', 'own', 'none']);
    expect(await all(text('Equal(1)', 'other()', '2'))).toEqual(['shared', 'shared', 'shared']);
    expect(await all(text('Equal(1)', 'set()', '3'))).toEqual(['none', 'own', 'own']);
  });

  test('containers of other names, as KubeVirt has them, enclose cases too', async () => {
    const text = (setup: string) => `package vm
var _ = SIGDescribe("net", decorators.Network, func() {
	BeforeEach(func() { ${setup} })
	It("pings", func() {})
})
`;
    expect(await go(text('a()'), text('b()'), 'It("pings"')).toEqual(['It("pings": shared/shared']);
  });

  test('a table whose entries are containers', async () => {
    const text = (size: string) => `package vm
var _ = Describe("x", func() {
	DescribeTableSubtree("sized", func(size int) {
		It("fits", func() { Expect(size).To(Equal(1)) })
	},
		Entry("small", 1),
		Entry("large", ${size}),
	)
})
`;
    const index = await indexOf([{ path: PATH, old: text('2'), new: text('3') }]);
    const at = (line: number) =>
      index.reach(
        'new',
        'pkg/vm',
        observed('fits', {
          place: { file: PATH, line: 4 },
          containers: [2, 3, line].map((one) => ({ file: PATH, line: one })),
        }),
      );
    expect([at(6), at(7)]).toEqual(['none', 'own']);
  });

  test('a case without a place is found by its titles', async () => {
    const index = await indexOf([{ path: PATH, old: SUITE, new: edit('vm.Resume(limit)', 'vm.Resume(1)') }]);
    const reach = (name: string) => index.reach('new', 'pkg/vm', observed(`example.com/pkg/vm :: ${name}`));
    expect([reach('vm > paused > resumes'), reach('vm > stopped > stays'), reach('vm > sizes > small')]).toEqual([
      'own',
      'none',
      'none',
    ]);
  });

  test('a place in the form that compilers print', async () => {
    const index = await indexOf([{ path: PATH, old: SUITE, new: edit('vm.Resume(limit)', 'vm.Resume(1)') }]);
    const place = { file: 'example.com/repo/pkg/vm/vm_test.go', line: lineOf(SUITE, 'It("resumes"') };
    expect(index.reach('new', 'pkg/vm', observed('resumes', { place }))).toBe('own');
  });

  test('a case that cannot be found counts as touched where its file is', async () => {
    const index = await indexOf(
      [{ path: PATH, old: SUITE, new: `${SUITE}\n// more\n` }],
      [{ path: 'pkg/net/net_test.go', text: 'package net\n' }],
    );
    expect(index.reach('new', 'pkg/vm', observed('example.com/pkg/vm :: nobody'))).toBe('own');
    expect(index.reach('new', 'pkg/net', observed('example.com/pkg/net :: nobody'))).toBe('none');
  });
});

describe('renamed cases of ginkgo', () => {
  const place = (text: string, snippet: string) => ({ place: { file: PATH, line: lineOf(text, snippet) } });
  const renamed = async (old: string, now: string, fresh: string, gone: readonly string[]) => {
    const index = await indexOf([{ path: PATH, old, new: now }]);
    return index.renamedFrom(
      'pkg/vm',
      observed(fresh, place(now, fresh)),
      gone.map((one) => observed(one, place(old, one))),
    )?.name;
  };

  test('the same body under another title', async () => {
    expect(
      await renamed(SUITE, edit('It("stays"', 'It("remains"'), 'It("remains"', ['It("starts"', 'It("stays"']),
    ).toBe('It("stays"');
  });

  test('another body is no rename', async () => {
    const now = edit('It("stays"', 'It("remains"').replace('Equal(wanted())', 'Equal("x")');
    expect(await renamed(SUITE, now, 'It("remains"', ['It("stays"'])).toBeUndefined();
  });

  test('a shorter title, and a line of the body gone with it (KubeVirt 17770)', async () => {
    const old = `package vm
var _ = Describe("launch security", func() {
	It("should accept when the feature gate is enabled", func() {
		enableFeatureGates("SecureExecution")
		vmi := newVMI()
		causes := validate(vmi)
		Expect(causes).To(BeEmpty())
	})
	It("should reject when the feature gate is disabled", func() {
		vmi := newVMI()
		causes := validate(vmi)
		Expect(causes).To(HaveLen(1))
	})
})
`;
    const now = `package vm
var _ = Describe("launch security", func() {
	It("should accept", func() {
		vmi := newVMI()
		causes := validate(vmi)
		Expect(causes).To(BeEmpty())
	})
})
`;
    expect(await renamed(old, now, 'It("should accept"', ['It("should reject', 'It("should accept when'])).toBe(
      'It("should accept when',
    );
  });
});

import { describe, expect, test } from 'vitest';
import type { Observation } from '../../../src/domain/observation.ts';
import { touchIndexFromLines } from '../../../src/syntax/touch-lines.ts';
import { observed } from './touched.ts';

const FILE = 'pkg/vm/vm_test.go';
const at = (line: number, containers: number[] = [], more: Partial<Observation> = {}) =>
  observed(`case ${line}`, {
    place: { file: FILE, line },
    containers: containers.map((one) => ({ file: FILE, line: one })),
    ...more,
  });

/** Which of the cases the ranges touch on the new side. */
function touched(cases: readonly Observation[], ranges: [number, number][], old?: readonly Observation[]): string[] {
  const seen = [
    ...cases.map((observation) => ({ side: 'new' as const, target: 'pkg/vm', observation })),
    ...(old ?? []).map((observation) => ({ side: 'old' as const, target: 'pkg/vm', observation })),
  ];
  const index = touchIndexFromLines({ [FILE]: { new: ranges, old: [] } }, seen);
  return cases.filter((one) => index.touches('new', 'pkg/vm', one)).map(({ name }) => name);
}

describe('touch by lines alone', () => {
  const cases = [at(20, [5, 10]), at(30, [5, 10]), at(50, [5, 40])];

  test('a case owns the lines up to the next case or container', () => {
    expect(touched(cases, [[25, 25]])).toEqual(['case 20']);
    expect(touched(cases, [[20, 20]])).toEqual(['case 20']);
    expect(touched(cases, [[25, 33]])).toEqual(['case 20', 'case 30']);
    expect(touched(cases, [[39, 39]])).toEqual(['case 30']);
  });

  test('the innermost container counts for all its cases, an outer one for those that fail', () => {
    expect(touched(cases, [[12, 12]])).toEqual(['case 20', 'case 30']);
    expect(touched(cases, [[7, 7]])).toEqual([]);
    expect(touched([at(20, [5, 10], { outcome: 'failed' }), at(30, [5, 10])], [[7, 7]])).toEqual(['case 20']);
  });

  test('a block that begins with the blank line before what it adds touches no neighbour', () => {
    expect(touched(cases, [[29, 38]])).toEqual(['case 30']);
    expect(touched(cases, [[28, 38]])).toEqual(['case 30']);
    expect(touched(cases, [[26, 38]])).toEqual(['case 20', 'case 30']);
  });

  test('behind the last case stand helpers', () => {
    expect(touched(cases, [[59, 59]])).toEqual(['case 50']);
    expect(touched(cases, [[600, 700]])).toEqual([]);
    expect(touched([...cases.slice(0, 2), at(50, [5, 40], { outcome: 'failed' })], [[600, 700]])).toEqual(['case 50']);
  });

  test('a case without a place is touched where its name is new, or it fails in a range', () => {
    const failing = (line: number) =>
      observed('vm.TestOld', {
        outcome: 'failed',
        failure: { kind: 'assertion', type: '', message: '', location: { file: 'vm_test.go', line } },
      });
    const old = [observed('vm.TestOld'), observed('vm.TestParent'), observed('vm.TestParent/a')];
    expect(touched([failing(15), observed('vm.TestNew')], [[10, 20]], old)).toEqual(['vm.TestOld', 'vm.TestNew']);
    expect(touched([failing(25)], [[10, 20]], old)).toEqual([]);
    const nested = [observed('vm.TestParent'), observed('vm.TestParent/a'), observed('vm.TestParent/b')];
    expect(touched(nested, [[10, 20]], old)).toEqual(['vm.TestParent', 'vm.TestParent/b']);
    expect(touched([observed('vm.TestNew')], [[10, 20]])).toEqual(['vm.TestNew']);
  });

  test('other targets are not touched', () => {
    const index = touchIndexFromLines({ [FILE]: { new: [[1, 99]], old: [] } }, []);
    expect(index.touches('new', 'pkg/net', observed('net.TestX'))).toBe(false);
    expect(index.touches('new', 'pkg/net', observed('x', { place: { file: 'pkg/net/vm_test.go', line: 5 } }))).toBe(
      false,
    );
    expect(
      index.touches('new', 'pkg/vm', observed('x', { place: { file: 'example.com/pkg/vm/vm_test.go', line: 5 } })),
    ).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { type ChangeRunner, planCorners, type RoledPath } from '../../../src/plan/plan-corners.ts';

function paths(...all: readonly (readonly [RoledPath['role'], string])[]): RoledPath[] {
  return all.map(([role, path]) => ({ role, path, status: 'modified' }));
}
const GO_FOLDERS = new Set(['pkg/a', 'pkg/b', '.']);
const hasGoTests = (folder: string): boolean => GO_FOLDERS.has(folder);
const runnerOf = (path: string): ChangeRunner | { readonly not: string } | undefined =>
  path.endsWith('.py') ? 'pytest' : path.endsWith('.jest.ts') ? { not: 'jest' } : undefined;

describe('planCorners', () => {
  it('takes the packages of touched tests and fixtures, each once, and touched test files of other languages', () => {
    const plan = planCorners(
      paths(
        ['tests', 'pkg/b/x_test.go'],
        ['tests', 'pkg/a/one_test.go'],
        ['tests', 'pkg/a/two_test.go'],
        ['tests', 'pkg/a/testdata/deep/x.yaml'],
        ['tests', 'testdata/y.yaml'],
        ['tests', 'pkg/testutils/helper.go'],
        ['tests', 'web/test_it.py'],
        ['implementation', 'pkg/c/c.go'],
      ),
      hasGoTests,
      runnerOf,
    );
    expect(plan).toEqual({
      targets: [
        { target: '.', runner: 'go-test' },
        { target: 'pkg/a', runner: 'go-test' },
        { target: 'pkg/b', runner: 'go-test' },
        { target: 'web/test_it.py', runner: 'pytest' },
      ],
      notRun: [],
      unclassified: [],
    });
  });

  it('says what it does not run, and why', () => {
    const plan = planCorners(
      paths(
        ['tests', 'tests/vm_test.go'],
        ['tests', 'a.jest.ts'],
        ['tests', 'pkg/a/a_test.go'],
        ['unclassified', 'odd'],
      ),
      hasGoTests,
      runnerOf,
    );
    expect(plan.targets).toEqual([{ target: 'pkg/a', runner: 'go-test' }]);
    expect(plan.notRun).toEqual(['a.jest.ts is not run: jest', 'tests is not run: its tests need a cluster']);
    expect(plan.unclassified).toEqual(['odd']);
  });

  it.each([
    [[], 'the change is empty', false],
    [
      paths(['neutral', 'README.md'], ['support', 'go.mod']),
      'it changes documents and project files, dependencies, build and CI files and no code: there is nothing for a test to show',
      false,
    ],
    [
      paths(['generated', 'zz_generated.go']),
      'it changes generated files and no code: there is nothing for a test to show',
      false,
    ],
    [paths(['implementation', 'a.go']), 'it changes 1 file of code and touches no test', true],
    [
      paths(['implementation', 'a.go'], ['unclassified', 'b'], ['neutral', 'c.md']),
      'it changes 2 files of code and touches no test',
      true,
    ],
    [
      paths(['implementation', 'a.go'], ['tests', 'tests/e2e_test.go']),
      'no test that could run here is touched: tests is not run: its tests need a cluster',
      true,
    ],
  ])('says at once why nothing can be shown: %#', (changed, reason, untestedCode) => {
    expect(planCorners(changed, hasGoTests, runnerOf).nothing).toEqual({ reason, untestedCode });
  });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type GoPlaces, recordedRoot, repositoryFile } from '../../../src/suite/go/source-path.ts';
import { makeFolder, removeFolder } from './suite-lab.ts';

const KUBEVIRT: GoPlaces = {
  worktree: '',
  modulePath: '',
  importPath: 'kubevirt.io/kubevirt/pkg/network/admitter',
  packageFolder: 'pkg/network/admitter',
  recordedRoot: '/src',
};
const STAGING: GoPlaces = {
  ...KUBEVIRT,
  importPath: 'kubevirt.io/client-go/log',
  packageFolder: 'staging/src/kubevirt.io/client-go/log',
};
const TOOLS: GoPlaces = { ...KUBEVIRT, importPath: 'example.com/tools/x', packageFolder: 'hack/tools/x' };

describe('a file as Go prints it, relative to the repository', () => {
  test.each<[string, GoPlaces, string | undefined]>([
    ['/src/pkg/a/a.go', KUBEVIRT, 'pkg/a/a.go'],
    ['/srcs/pkg/a/a.go', KUBEVIRT, undefined],
    ['/usr/lib/go/src/testing/testing.go', KUBEVIRT, undefined],
    ['/src/vendor/github.com/x/y.go', KUBEVIRT, undefined],
    ['kubevirt.io/kubevirt/pkg/network/admitter/a_test.go', KUBEVIRT, 'pkg/network/admitter/a_test.go'],
    ['kubevirt.io/kubevirt/tests/libvmi/x.go', KUBEVIRT, 'tests/libvmi/x.go'],
    ['kubevirt.io/client-go/testutils/setup.go', KUBEVIRT, undefined],
    ['github.com/onsi/gomega@v1.38.3/internal/assertion.go', KUBEVIRT, undefined],
    ['github.com/onsi/gomega/internal/assertion.go', KUBEVIRT, undefined],
    ['runtime/panic.go', KUBEVIRT, undefined],
    ['', KUBEVIRT, undefined],
    ['kubevirt.io/client-go/log/log_test.go', STAGING, 'staging/src/kubevirt.io/client-go/log/log_test.go'],
    ['kubevirt.io/client-go/testutils/setup.go', STAGING, 'staging/src/kubevirt.io/client-go/testutils/setup.go'],
    ['kubevirt.io/kubevirt/pkg/a.go', STAGING, undefined],
    ['example.com/tools/x/x_test.go', TOOLS, 'hack/tools/x/x_test.go'],
    ['example.com/tools/y/y.go', TOOLS, 'hack/tools/y/y.go'],
    ['example.com/other/y.go', TOOLS, undefined],
    ['example.com/m/b/b.go', { ...TOOLS, modulePath: 'example.com/m' }, 'b/b.go'],
    ['example.com/m/a_test.go', { ...TOOLS, importPath: 'example.com/m', packageFolder: '' }, 'a_test.go'],
    ['example.com/m/b/b.go', { ...TOOLS, importPath: 'example.com/m', packageFolder: '' }, 'b/b.go'],
  ])('%s', (path, places, file) => {
    expect(repositoryFile(path, places)).toBe(file);
  });

  test('a guess must be there where the tree is at hand', () => {
    const worktree = makeFolder();
    mkdirSync(join(worktree, 'hack/tools/y'), { recursive: true });
    writeFileSync(join(worktree, 'hack/tools/y/y.go'), '');
    const places = { ...TOOLS, worktree };
    expect(repositoryFile('example.com/tools/y/y.go', places)).toBe('hack/tools/y/y.go');
    expect(repositoryFile('example.com/tools/y/z.go', places)).toBeUndefined();
    removeFolder(worktree);
  });

  test('the root that a recorded folder lay in', () => {
    expect(recordedRoot('/src/pkg/a', 'pkg/a')).toBe('/src');
    expect(recordedRoot('/src', '')).toBe('/src');
    expect(recordedRoot('/src/pkg/a', 'pkg/b')).toBeUndefined();
  });
});

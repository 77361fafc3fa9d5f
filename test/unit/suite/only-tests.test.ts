import { describe, expect, it } from 'vitest';
import { binaryName } from '../../../src/suite/go/locate-packages.ts';
import { isGinkgoCase, onlyTests } from '../../../src/suite/go/only-tests.ts';

const PKG = 'example.com/m/pkg';

describe('onlyTests', () => {
  it('anchors every level of a plain test by itself', () => {
    expect(onlyTests([`${PKG}.TestA`, `${PKG}.TestB/x=1/(y)`], PKG, ['TestSuite'])).toEqual([
      '-test.run=^TestA$|^TestB$/^x=1$/^\\(y\\)$',
    ]);
  });

  it('runs a ginkgo case through the test that starts its suite, and no plain test beside it', () => {
    expect(onlyTests([`${PKG} :: pause > stops (now)`], PKG, ['TestSuite'])).toEqual([
      '-test.run=^TestSuite$',
      '-ginkgo.focus=(?:^|\\s)(?:pause(?: | > )stops \\(now\\))$',
    ]);
  });

  it('focuses alone where nobody knows which test starts the suite', () => {
    expect(onlyTests([`${PKG} :: a`], PKG, [])).toEqual(['-ginkgo.focus=(?:^|\\s)(?:a)$']);
  });

  it('leaves cases of another package out, and tells the two kinds apart', () => {
    expect(onlyTests(['example.com/m/pkg2.TestA', 'example.com/m/pkg2 :: a'], PKG, [])).toEqual([]);
    expect([isGinkgoCase(`${PKG} :: a`, PKG), isGinkgoCase(`${PKG}.TestA`, PKG)]).toEqual([true, false]);
  });
});

describe('binaryName', () => {
  it.each([
    ['example.com/m/pkg', 'pkg.test'],
    ['example.com/m/v2', 'm.test'],
    ['kubevirt.io/client-go/kubevirt/typed/core/v1', 'v1.test'],
    ['example.com/m/v10', 'm.test'],
    ['example.com/m/v0', 'v0.test'],
    ['m', 'm.test'],
  ])('%s is built as %s', (path, name) => {
    expect(binaryName(path)).toBe(name);
  });
});

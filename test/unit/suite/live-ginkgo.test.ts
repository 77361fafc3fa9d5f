import { execFileSync } from 'node:child_process';
import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ginkgoRunner } from '../../../src/suite/ginkgo.ts';
import { listGoCases } from '../../../src/suite/go/list-go-cases.ts';
import { layFixtures, makeFolder, makeSpec, removeFolder, runLive, table } from './suite-lab.ts';

/** A checkout that vendors ginkgo; our own specs are laid into it, and taken out again. */
const checkout = process.env['REDFIRST_KUBEVIRT'];
let logs: string;
let worktree: string;
beforeAll(() => {
  logs = makeFolder();
  if (checkout === undefined) return;
  worktree = realpathSync(checkout);
  layFixtures('ginkgo', worktree);
});
afterAll(() => {
  removeFolder(logs);
  if (checkout !== undefined) rmSync(join(worktree, 'pkg/redfirst'), { recursive: true, force: true });
});
beforeEach((ctx) => ctx.skip(checkout === undefined, 'REDFIRST_KUBEVIRT names no checkout that vendors ginkgo'));

const spec = (...names: string[]) =>
  makeSpec({ runner: 'ginkgo', select: { files: names.map((name) => `./pkg/redfirst/${name}`) }, deadlineMs: 300_000 });
const PREFIX = 'kubevirt.io/kubevirt/pkg/redfirst';

describe('ginkgo, for real', () => {
  test('each binary has a report of its own, and those without ginkgo are not given its flags', async () => {
    const { report, end } = await runLive(ginkgoRunner, spec('specs', 'plain'), worktree, logs);
    expect(end).toEqual({ cause: 'exited', code: 1 });
    expect(report).toMatchObject({ status: { status: 'complete' }, expectedExit: 'nonzero', suiteFailures: [] });
    expect(report.observations).toHaveLength(27);
    expect(report.observations.filter(({ unit }) => unit !== undefined).map(({ name, unit }) => [name, unit])).toEqual(
      ['first', 'second', 'third'].map((leaf) => [
        `${PREFIX}/specs :: endings > one after the other > ${leaf}`,
        `${PREFIX}/specs :: endings > one after the other`,
      ]),
    );
  }, 300_000);

  test('shuffled, the order is another and what failed is the same', async () => {
    const declared = await runLive(ginkgoRunner, spec('specs'), worktree, logs);
    const again = await runLive(ginkgoRunner, spec('specs'), worktree, logs);
    const shuffled = await runLive(ginkgoRunner, spec('specs'), worktree, logs, { order: 'shuffled', seed: 7 });
    expect(table(again.report)).toEqual(table(declared.report));
    expect(table(shuffled.report)).not.toEqual(table(declared.report));
    expect(table(shuffled.report).sort()).toEqual(table(declared.report).sort());
  }, 300_000);

  test('drivers alone', async () => {
    const only = [`${PREFIX}/specs :: endings > fails`, `${PREFIX}/specs :: endings > a table > unequal`];
    const { report } = await runLive(ginkgoRunner, spec('specs'), worktree, logs, { order: 'drivers-alone', only });
    const ran = report.observations.filter(({ name, outcome }) => name.includes(' :: ') && outcome !== 'skipped');
    expect(ran.map(({ name }) => name).sort()).toEqual([...only].sort());
  }, 300_000);

  test('listed without running: of a suite that would end the process, too', async () => {
    const { packages } = await listGoCases({
      worktree,
      packages: ['./pkg/redfirst/beside', './pkg/redfirst/exits', './pkg/redfirst/plain', './pkg/redfirst/tree'],
      env: Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ''])),
      deadlineMs: 300_000,
    });
    const cases = Object.fromEntries(
      packages.map(({ folder, cases: all }) => [folder, all.map(({ name }) => name.slice(PREFIX.length + 1))]),
    );
    expect(cases).toEqual({
      'pkg/redfirst/beside': ['beside :: never > runs', 'beside.TestPlain'],
      'pkg/redfirst/exits': ['exits :: os.Exit > ends the process'],
      'pkg/redfirst/plain': ['plain.TestPasses', 'plain.TestSubs'],
      'pkg/redfirst/tree': [],
    });
    expect(packages.map(({ problem }) => problem?.what).filter((one) => one !== undefined)).toEqual([
      'its ginkgo suite does not start: exit code 1',
    ]);
    expect(execFileSync('git', ['status', '--short', '--', 'pkg'], { cwd: worktree, encoding: 'utf8' })).toBe(
      '?? pkg/redfirst/\n',
    );
  }, 300_000);
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Judged, judge } from './judging.ts';
import { lacking, SHARED_DATA } from './shared-data.ts';

interface Recorded {
  readonly packages: readonly string[];
  readonly runs: Readonly<Record<string, { readonly exit: number | null }>>;
  readonly personFound: {
    readonly byPackage: Readonly<Record<string, Readonly<Record<string, CornerFound>>>>;
  };
}
interface CornerFound {
  readonly failed: readonly { readonly cls: string; readonly text: string }[];
  readonly newOrChangedButPassed: readonly (readonly [cls: string, text: string, place: string])[];
}

const ROOT = join(SHARED_DATA, 'kubevirt-replays');
const folder = mkdtempSync(join(tmpdir(), 'redfirst-replays-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What CASES.md and the person's finding say of each, in our words: the class at R and how many cases have which role. */
const EXPECTED: Readonly<Record<string, readonly [cls: string, roles: Readonly<Record<string, number>>]>> = {
  16517: ['assertion', { driver: 1 }],
  16585: ['panic', { driver: 1 }],
  16643: ['compile', { driver: 4, vacuous: 8 }],
  17475: ['assertion', { driver: 5 }],
  17770: ['vacuous', { rename: 1, retired: 1 }],
  17846: ['compile', { driver: 1, vacuous: 1 }],
  17998: ['compile', { driver: 16, vacuous: 17 }],
  18024: ['mixed', { driver: 3, vacuous: 5 }],
  18103: ['assertion', { driver: 1 }],
  18143: ['vacuous', { vacuous: 4, adaptation: 5, 'not-judged': 1 }],
  18314: ['assertion', { driver: 1 }],
  18374: ['assertion', { driver: 3, adaptation: 8 }],
  18410: ['assertion', { driver: 3, vacuous: 1 }],
  18510: ['compile', { characterization: 32 }],
  18787: ['compile', { driver: 6, vacuous: 3 }],
};

/** Writes a file per corner as docs/judge.md describes it, and judges them all. */
async function judgeCase(id: string, corners: string): Promise<{ recorded: Recorded; judged: Judged }> {
  const recorded = JSON.parse(readFileSync(join(ROOT, id, 'case.json'), 'utf8')) as Recorded;
  const files: string[] = [];
  for (const corner of corners) {
    const packages: Record<string, object> = {};
    for (const path of recorded.packages) {
      const slug = `${corner}.${path.replaceAll('/', '_')}`;
      const exit = recorded.runs[slug]?.exit;
      if (exit === undefined || exit === null) continue;
      const at = (kind: string) => join(ROOT, id, `${slug}.${kind}.json.gz`);
      packages[path] = { gotest: at('gotest'), ginkgo: at('ginkgo'), exit };
    }
    if (Object.keys(packages).length === 0) continue;
    const file = join(folder, `${id}.${corner}.json`);
    writeFileSync(file, JSON.stringify({ packages }));
    files.push(`${corner}=${file}`);
  }
  const judged = await judge(folder, { corner: files, touched: join(ROOT, id, 'case.json') });
  return { recorded, judged };
}

/** `A | B` as the person wrote it, of `import/path :: A > B`. */
const textOf = (name: string): string => name.replace(/^.* :: /, '').replaceAll(' > ', ' | ');

/** A table's body is part of each of its entries. */
const ours = (cls: string): string => (cls === 'table-body-changed' ? 'changed' : cls);

describe('recorded runs of real KubeVirt changes', () => {
  const why = lacking('kubevirt-replays');

  it('are all expected here', (ctx) => {
    ctx.skip(why !== undefined, why);
    expect(readdirSync(ROOT).filter((name) => existsSync(join(ROOT, name, 'case.json')))).toEqual(
      Object.keys(EXPECTED),
    );
  });

  for (const [id, [cls, roles]] of Object.entries(EXPECTED)) {
    it(`${id}: class and roles are the person's`, async (ctx) => {
      ctx.skip(why !== undefined, why);
      const { judged } = await judgeCase(id, 'BRSXH');
      const counts: Record<string, number> = {};
      for (const { role } of judged.cases) if (role !== 'untouched') counts[role] = (counts[role] ?? 0) + 1;
      expect([judged.class, counts]).toEqual([cls, roles]);
    });

    it(`${id}: the same cases are new or changed, and failed or passed`, async (ctx) => {
      ctx.skip(why !== undefined, why);
      const { recorded, judged } = await judgeCase(id, 'BRSXH');
      for (const [target, corners] of Object.entries(recorded.personFound.byPackage)) {
        for (const [corner, found] of Object.entries(corners)) {
          if (corner !== 'R' && corner !== 'S') continue;
          const touched = judged.cases.filter((one) => one.target === target && one.touch !== 'untouched');
          const did = (outcomes: readonly string[]) =>
            touched
              .filter(
                ({ observations, name }) =>
                  name.includes(' :: ') && outcomes.includes(observations[corner]?.outcome ?? ''),
              )
              .map(({ touch, name }) => `${touch === 'renamed' ? 'new' : touch} ${textOf(name)}`)
              .sort();
          expect(did(['failed', 'errored'])).toEqual(
            found.failed.map(({ cls, text }) => `${ours(cls)} ${text}`).sort(),
          );
          expect(did(['passed'])).toEqual(
            found.newOrChangedButPassed.map(([cls, text]) => `${ours(cls)} ${text}`).sort(),
          );
        }
      }
    });
  }

  it('18374: six lines of what a reviewer wants to know', async (ctx) => {
    ctx.skip(why !== undefined, why);
    const { judged } = await judgeCase('18374', 'BRXH');
    expect(judged.reason).toBe('3 drivers, 8 adaptations, 0 vacuous');
    expect(judged.exit).toBe(0);
  });

  it('18143: is vacuous by name, and does not hold', async (ctx) => {
    ctx.skip(why !== undefined, why);
    const { judged } = await judgeCase('18143', 'BRXH');
    expect(
      judged.cases.filter(({ role }) => role === 'vacuous').map(({ name }) => textOf(name).split(' | ').at(-1)),
    ).toEqual([
      "when the destination DV doesn't exist",
      'when the destination DV exists but not the PVC',
      "when the destination PVC doesn't exist",
      'without any migrated volumes',
    ]);
    expect(judged.exit).toBe(1);
  });

  it('18787: one missing name hides 345 cases; without the stub everything new is pending and weak', async (ctx) => {
    ctx.skip(why !== undefined, why);
    const { judged } = await judgeCase('18787', 'BRH');
    expect(judged.targets[0]).toMatchObject({ blind: 345, class: 'compile', code: 'red/valid' });
    expect(judged.targets[0]?.missing).toEqual([
      {
        name: 'shouldStartRerunOnFailure',
        kind: 'symbol',
        file: 'pkg/virt-controller/watch/vm/vm_test.go',
        line: 7005,
        column: 15,
      },
    ]);
    const touched = judged.cases.filter(({ touch }) => touch !== 'untouched');
    expect(new Set(touched.map(({ role, code, strength }) => `${role} ${code} ${strength}`))).toEqual(
      new Set(['pending red/compile weak']),
    );
    expect(judged.exit).toBe(4);
  });

  it('without H, what is red at R is a driver all the same, and what is green waits', async (ctx) => {
    ctx.skip(why !== undefined, why);
    const { judged } = await judgeCase('18374', 'BR');
    const roles = judged.cases.filter(({ touch }) => touch !== 'untouched').map(({ role }) => role);
    expect(roles.filter((role) => role === 'driver')).toHaveLength(3);
    expect(roles.filter((role) => role === 'pending')).toHaveLength(8);
    expect(judged.exit).toBe(0);
  });
});

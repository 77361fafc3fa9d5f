import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Judged, judge } from './judging.ts';
import { lacking, SHARED_DATA } from './shared-data.ts';

const ROOT = join(SHARED_DATA, 'ginkgo-traps');

/** Judges a kind as corner R, without H: all that a red run has. */
function judgeKind(kind: string, more: Readonly<Record<string, string>> = {}): Promise<Judged> {
  const gotest = join(ROOT, `${kind}.gotest.json`);
  const failed = /"Action":"(?:fail|build-fail)"(?![^\n]*"Test")/.test(readFileSync(gotest, 'utf8'));
  const ginkgo = join(ROOT, `${kind}.ginkgo.json`);
  return judge(ROOT, { gotest, ...(existsSync(ginkgo) ? { ginkgo } : {}), exit: failed ? '1' : '0', ...more });
}

/** `class whole-code`, then `name: role code strength` of every case, names without their import path. */
function summary({ class: whole, targets, cases }: Judged): string[] {
  const named = cases.map(({ name, role, code, strength }) => {
    const short = name.replace(/^kubevirt\.io\/kubevirt\/pkg\/zztraps\/\w+(?: :: |\.| (?=\[))/, '');
    return `${short}: ${[role, code, strength].filter((word) => word !== undefined).join(' ')}`;
  });
  return [`${whole} ${targets[0]?.code}`, ...named];
}

/** What KINDS.md demands, in our words. An unexpected pass is `pending role-pending`: its role is decided at green. */
const DEMANDED: Readonly<Record<string, readonly string[]>> = {
  assert: ['assertion red/valid', 'd > bad: driver red/assertion strong', 'd > ok: pending role-pending'],
  eventually: ['assertion red/valid', 'd > a: driver red/assertion strong', 'd > b: pending role-pending'],
  ginkgot: ['assertion red/valid', 'd > a: driver red/assertion strong', 'd > b: driver red/assertion strong'],
  exitmsgfail: ['assertion red/valid', 'd > a: pending role-pending', 'TestPlain: driver red/assertion strong'],
  aftereach2: ['assertion red/valid', 'd > a: driver red/assertion strong', 'd > b: not-judged setup-failed'],
  beforeeach: ['wrong-reason setup-failed', 'd > a: not-judged setup-failed', 'd > b: not-judged setup-failed'],
  cleanup: ['wrong-reason setup-failed', 'd > a: not-judged setup-failed', 'd > b: pending role-pending'],
  beforesuite: ['wrong-reason setup-failed'],
  ordered: [
    'assertion red/valid',
    'd > a: driver red/assertion strong',
    'd > b: not-judged skipped',
    'd > c: not-judged skipped',
  ],
  panicit: ['wrong-reason panicked', 'd > a: not-judged panicked', 'd > b: pending role-pending'],
  panicgo: ['not-judgeable report-missing'],
  expectgo: ['not-judgeable report-missing'],
  treeexpect: ['wrong-reason setup-failed'],
  treepanic: ['wrong-reason setup-failed'],
  initpanic: ['wrong-reason setup-failed'],
  tableargs: [
    'wrong-reason panicked',
    't > badtype: not-judged panicked',
    't > good: pending role-pending',
    't > toofew: not-judged panicked',
    't > toomany: not-judged panicked',
  ],
  tablebadtypeonly: ['wrong-reason panicked', 't > badtype: not-judged panicked', 't > good: pending role-pending'],
  osexit: [
    'assertion red/valid',
    'd > a: not-judged panicked',
    'd > b: driver red/assertion strong',
    'd > ok: pending role-pending',
  ],
  osexit1: ['not-judgeable report-missing'],
  hang: ['not-judgeable timed-out', 'TestHang: not-judged timed-out'],
  spectimeout: ['wrong-reason timed-out', 'd > a: not-judged timed-out', 'd > b: pending role-pending'],
  skip: ['vacuous skipped', 'd > a: not-judged skipped', 'd > b: not-judged skipped'],
  focus: ['not-judgeable exit-mismatch', 'd > a: not-judged exit-mismatch', 'd > b: not-judged exit-mismatch'],
  flake: ['wrong-reason unstable', 'd > a: not-judged unstable'],
  dup: ['wrong-reason ambiguous-name', 'd > same: not-judged ambiguous-name'],
  nodescribe: ['nothing-to-show no-tests'],
  norunner: ['nothing-to-show no-tests'],
  noassert: ['vacuous vacuous', 'd > a: pending role-pending'],
  reactor: ['vacuous vacuous', 'd > a: pending role-pending'],
  c_undefined: ['compile red/valid', '[build]: pending red/compile weak'],
  c_many: ['compile red/valid', '[build]: pending red/compile weak'],
  c_field: ['compile red/valid', '[build]: pending red/compile weak'],
  c_structlit: ['compile red/valid', '[build]: pending red/compile weak'],
  c_iface: ['compile red/valid', '[build]: pending red/compile weak'],
  c_argcount: ['compile red/valid', '[build]: pending red/compile weak'],
  c_argtype: ['compile red/valid', '[build]: pending red/compile weak'],
  c_retcount: ['compile red/valid', '[build]: pending red/compile weak'],
  c_syntax: ['wrong-reason setup-failed', '[build]: not-judged setup-failed'],
  c_unusedvar: ['wrong-reason setup-failed', '[build]: not-judged setup-failed'],
  c_importunused: ['wrong-reason setup-failed', '[build]: not-judged setup-failed'],
  c_dup: ['wrong-reason setup-failed', '[build]: not-judged setup-failed'],
  c_vet: ['wrong-reason setup-failed', '[build]: not-judged setup-failed'],
  c_nopkg: ['compile red/valid', '[build]: pending red/compile weak'],
  doesnotexist: ['compile red/valid', './pkg/zztraps/doesnotexist [build]: pending red/compile weak'],
  dep: ['wrong-reason setup-failed', '[build]: not-judged setup-failed'],
  cyc: ['wrong-reason setup-failed', '[build]: not-judged setup-failed'],
};

/** What must be said as well, somewhere in reasons and details. */
const SAID: Readonly<Record<string, string>> = {
  focus: 'focus',
  c_many: 'the list is cut',
  c_vet: 'vet',
  panicgo: 'panic: boom',
  osexit1: 'os.Exit',
  flake: 'failed, then passed',
  hang: 'timed out after 8s',
};

const why = lacking('ginkgo-traps');

describe('the ways a Go or ginkgo run can look red, or green', () => {
  it('are all demanded here', (ctx) => {
    ctx.skip(why !== undefined, why);
    const kinds = readdirSync(ROOT).flatMap((name) => /^(.+)\.gotest\.json$/.exec(name)?.[1] ?? []);
    expect(kinds.sort()).toEqual(Object.keys(DEMANDED).sort());
  });

  for (const [kind, demanded] of Object.entries(DEMANDED)) {
    it(kind, async (ctx) => {
      ctx.skip(why !== undefined, why);
      const judged = await judgeKind(kind);
      expect(summary(judged)).toEqual(demanded);
      const said = [judged.reason, ...judged.cases.map(({ detail }) => detail)].join('\n');
      expect(said).toContain(SAID[kind] ?? '');
    });
  }

  it('aftereach2: the failure of the teardown is kept beside that of the body', async (ctx) => {
    ctx.skip(why !== undefined, why);
    const [first] = (await judgeKind('aftereach2')).cases;
    expect(first?.observations['R']?.additional).toHaveLength(1);
    expect(first?.observations['R']?.additional?.[0]?.where).toBe('teardown');
  });

  it('panicit: is red where a contract declares the panic, tableargs is not', async (ctx) => {
    ctx.skip(why !== undefined, why);
    expect(summary(await judgeKind('panicit', { contract: 'panic' }))).toContain('d > a: driver red/declared fair');
    expect(summary(await judgeKind('tableargs', { contract: 'panic' }))).not.toContain(
      't > toofew: driver red/declared fair',
    );
  });

  it('a contract whose pattern is no RE2 is refused, and not thrown over', async () => {
    await expect(judge('.', { gotest: 'x', exit: '1', contract: 'not-found=(?=x)' })).rejects.toThrow(
      /judge refused: --contract has no RE2 pattern behind its class: .* \(exit 2\)/,
    );
  });

  it('what the test file itself declares is its own fault, once its source is at hand', async (ctx) => {
    ctx.skip(why !== undefined, why);
    const sources = mkdtempSync(join(tmpdir(), 'redfirst-sources-'));
    try {
      writeFileSync(
        join(sources, 'x_test.go'),
        'package p_test\n\ntype I interface{ M() }\ntype T struct{ Y int }\n\nfunc g(a int) {}\nfunc helper() { g(1) }\n',
      );
      for (const kind of ['c_field', 'c_structlit', 'c_iface', 'c_argcount', 'c_argtype', 'c_retcount']) {
        expect([kind, ...summary(await judgeKind(kind, { sources })).slice(0, 1)]).toEqual([
          kind,
          'wrong-reason setup-failed',
        ]);
      }
      expect(summary(await judgeKind('c_undefined', { sources }))[0]).toBe('compile red/valid');
    } finally {
      rmSync(sources, { recursive: true, force: true });
    }
  });
});

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const SCENARIOS = join(ROOT, 'scenarios');

interface Sample {
  readonly profile: string;
  readonly base: string;
}

function readSample(feature: string): Sample {
  return JSON.parse(readFileSync(join(SCENARIOS, feature, 'sample/sample.json'), 'utf8'));
}

const samples = readdirSync(SCENARIOS).filter((name) => existsSync(join(SCENARIOS, name, 'sample/sample.json')));

function run(cwd: string, ...argv: readonly [string, ...string[]]): { status: number | null; said: string } {
  const [program, ...args] = argv;
  // Inside a test run vitest's own variables are no business of the sample's.
  const { VITEST: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', env });
  return { status, said: stdout + stderr };
}

describe('scenarios/run-sample.js', () => {
  it('says which samples there are', () => {
    const { status, said } = run(ROOT, process.execPath, 'scenarios/run-sample.js', 'nobody');
    expect(said).toBe(`demo: there is no sample of nobody; there are samples of ${samples.join(', ')}\n`);
    expect(status).toBe(2);
  });

  it('says how it is used', () => {
    const { status, said } = run(ROOT, process.execPath, 'scenarios/run-sample.js', 'pause-guest', '--only');
    expect(said).toMatch(/^usage: node scenarios\/run-sample\.js FEATURE/);
    expect(status).toBe(2);
  });
});

// What needs no cluster of a sample on a cluster: the repository, the plan, and the unit suite at red and at head.
describe.each(samples.filter((feature) => readSample(feature).profile.startsWith('kind-kubevirt')))(
  'the sample of %s',
  (feature) => {
    const folder = mkdtempSync(join(tmpdir(), 'redfirst-sample-'));
    const repo = join(folder, 'repo');
    let made: ReturnType<typeof run>;

    beforeAll(() => {
      made = run(ROOT, process.execPath, 'scenarios/run-sample.js', feature, '--only-repo', repo);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    /** Outcome per case of the unit suites, as vitest's own JSON tells it. */
    function unitCases(): Record<string, string> {
      const linked = run(repo, process.execPath, 'test/support/link-packages.mjs');
      expect(linked).toEqual({ status: 0, said: '' });
      const report = join(folder, 'unit.json');
      const args = ['run', '--no-cache', 'test/unit', '--reporter=json', `--outputFile=${report}`];
      const { said } = run(repo, 'node_modules/.bin/vitest', ...args);
      if (!existsSync(report)) throw new Error(`vitest wrote no report: ${said}`);
      const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
      const cases = testResults.flatMap((file: { assertionResults: unknown[] }) => file.assertionResults);
      return Object.fromEntries(cases.map((one: { title: string; status: string }) => [one.title, one.status]));
    }

    it('is a base and a commit with nothing but tests', () => {
      expect(made.status, made.said).toBe(0);
      const { said } = run(repo, 'git', 'diff', '--name-only', 'main', feature);
      const paths = said.trim().split('\n');
      expect(paths).toContain(`scenarios/${feature}/scenario.yaml`);
      expect(paths.filter((path) => !/^(test|scenarios)\//.test(path))).toEqual([]);
    });

    it('can be planned', (ctx) => {
      ctx.skip(!existsSync(join(ROOT, 'clusters/kind-kubevirt.yaml')), 'clusters/kind-kubevirt.yaml is not there yet');
      const { status, said } = run(repo, process.execPath, join(ROOT, 'dist/cli.js'), 'plan', feature);
      expect(status, said).toBe(0);
      expect(said.match(/^\d\. \w+/gm)).toEqual(['1. contract', '2. integration', '3. e2e', '4. unit']);
    });

    it('is red in its unit suite by the cases of its criteria alone, and green with its code', () => {
      const red = unitCases();
      const failed = Object.keys(red).filter((title) => red[title] === 'failed');
      expect(failed.filter((title) => !/^AC-\d+: /.test(title))).toEqual([]);
      expect(failed).toEqual(Object.keys(red).filter((title) => /^AC-\d+: /.test(title)));
      expect(failed).not.toEqual([]);
      cpSync(join(SCENARIOS, feature, 'sample/head'), repo, { recursive: true });
      const green = unitCases();
      expect(Object.keys(green).filter((title) => green[title] !== 'passed')).toEqual([]);
      expect(Object.keys(green)).toEqual(Object.keys(red));
    });
  },
);

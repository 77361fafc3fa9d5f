import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../lab.ts';

let lab: Lab;
afterAll(() => lab?.remove());

describe('init in an empty repository', () => {
  beforeAll(() => {
    lab = createLab();
  });

  it('writes everything, and says what is next', () => {
    expect(lab.redfirst('init', 'pause-guest')).toEqual({
      exit: 0,
      stderr: '',
      stdout: `wrote redfirst.yaml
wrote scenarios/pause-guest/scenario.yaml
wrote clusters/host.yaml
wrote clusters/qemu.yaml
wrote scenarios/.schema/redfirst.schema.json
wrote scenarios/.schema/scenario.schema.json
wrote scenarios/.schema/profile.schema.json
next: edit scenarios/pause-guest/scenario.yaml, then redfirst plan pause-guest
`,
    });
  });

  it('wrote files that load: plan shows them in the mandated order, with attempts and coverage', () => {
    expect(lab.redfirst('plan', 'pause-guest')).toEqual({
      exit: 0,
      stderr: '',
      stdout: `pause-guest (feature)
  Say what is missing or wrong today, and for whom, to somebody who does not know this feature.

1. contract
   runner    vitest
   runs      test/contract/pause-guest.test.ts
   on        host, grade host
   attempts  declared, shuffled, shuffled, drivers-alone
   red by    assertion

2. integration
   runner    vitest
   runs      test/integration/pause-guest.test.ts
   on        host, grade host
   attempts  declared, shuffled, shuffled, drivers-alone
   red by    assertion

3. e2e
   runner    vitest
   runs      test/e2e/pause-guest.test.ts
   on        qemu, grade vmm
   attempts  declared
   red by    assertion

4. unit
   runner    vitest
   runs      test/unit/pause-guest.test.ts
   on        host, grade host
   attempts  declared, shuffled, shuffled, drivers-alone
   red by    assertion

criteria
   AC-1  One thing that must be so, as somebody can see it from outside.
         by cases named AC-1
cases
   contract: not known before it runs: vitest is not installed in this tree
   integration: not known before it runs: vitest is not installed in this tree
   e2e: not known before it runs: vitest is not installed in this tree
   unit: not known before it runs: vitest is not installed in this tree
`,
    });
  });

  it('never writes over what is there', () => {
    lab.write({ 'clusters/host.yaml': 'mine\n' });
    const { exit, document } = lab.json('init', 'second-feature');
    expect({ exit, document }).toEqual({
      exit: 0,
      document: {
        preset: 'typescript',
        feature: 'second-feature',
        written: ['scenarios/second-feature/scenario.yaml'],
        kept: [
          'redfirst.yaml',
          'clusters/host.yaml',
          'clusters/qemu.yaml',
          'scenarios/.schema/redfirst.schema.json',
          'scenarios/.schema/scenario.schema.json',
          'scenarios/.schema/profile.schema.json',
        ],
      },
    });
    expect(readFileSync(join(lab.repo, 'clusters/host.yaml'), 'utf8')).toBe('mine\n');
  });
});

describe('init where something is', () => {
  beforeAll(() => {
    lab.remove();
    lab = createLab();
    lab.write({
      'go.mod': 'module example.org/vm\n',
      'sub/folder/file.txt': '',
      'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nscenarios: specs/tdd\nclusters: ci/envs\npaths: [{preset: go}]\n',
    });
  });

  it('lays its files where redfirst.yaml says, from any folder, with the preset that the files suggest', () => {
    const { stdout } = lab.redfirst('-C', 'sub/folder', 'init', 'pause-guest');
    expect(stdout).toBe(`wrote specs/tdd/pause-guest/scenario.yaml
wrote ci/envs/host.yaml
wrote ci/envs/qemu.yaml
wrote specs/tdd/.schema/redfirst.schema.json
wrote specs/tdd/.schema/scenario.schema.json
wrote specs/tdd/.schema/profile.schema.json
kept  redfirst.yaml (it was there)
next: edit specs/tdd/pause-guest/scenario.yaml, then redfirst plan pause-guest
`);
    const [firstLine] = readFileSync(join(lab.repo, 'ci/envs/host.yaml'), 'utf8').split('\n');
    expect(firstLine).toBe('# yaml-language-server: $schema=../../specs/tdd/.schema/profile.schema.json');
    const plan = lab.redfirst('plan', 'pause-guest');
    expect(plan.exit).toBe(0);
    expect(plan.stdout).toContain('1. contract\n   runner    go-test\n   runs      ./api/...\n');
  });

  it('refuses a redfirst.yaml that is wrong, with the place', () => {
    lab.write({ 'redfirst.yaml': 'apiVersion: redfirst.dev/v1\nclusterz: ci\n' });
    const { exit, stdout, stderr } = lab.redfirst('init', 'other');
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toBe(`error: redfirst.yaml has a mistake
  error: unknown key "clusterz"; did you mean "clusters"?
    at redfirst.yaml:2:1
    2 | clusterz: ci
      | ^
    next: allowed: apiVersion, base, scenarios, clusters, paths, policy, redact
  next: mend what is named here; nothing was run
`);
  });

  it.each([
    [['Pause_Guest'], '"Pause_Guest" is no feature name: small letters, digits and dashes, 63 at most'],
    [['../../evil'], '"../../evil" is no feature name: small letters, digits and dashes, 63 at most'],
    [['x', '--preset', 'rust'], 'there is no preset "rust"'],
  ])('refuses %j', (args, what) => {
    const { exit, stderr } = lab.redfirst('init', ...args);
    expect({ exit, first: stderr.split('\n')[0] }).toEqual({ exit: 2, first: `error: ${what}` });
  });
});

describe('configuration mistakes', () => {
  beforeAll(() => {
    lab.remove();
    lab = createLab();
    lab.write({
      'redfirst.yaml': 'apiVersion: redfirst.dev/v1\n',
      'scenarios/double/scenario.yaml': `apiVersion: redfirst.dev/v1
feature: double
kind: feture
problem: Nobody can double.
criteria: [{ id: AC-1, text: it doubles, cases: [{ suite: contract, match: '(' }] }]
suites:
  contract: { runner: vitest, select: { files: [a.test.ts] }, deadline: 30 }
  integration: { runner: comand, profil: host }
`,
    });
  });

  it('are all told, each with file, line and column, and end with 2', () => {
    const { exit, stdout, stderr } = lab.redfirst('plan', 'double');
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    const file = 'scenarios/double/scenario.yaml';
    expect(stderr.split('\n')[0]).toBe(`error: ${file} has 5 mistakes`);
    expect([...stderr.matchAll(/^ {2}error: (.*)\n {4}at (.*)$/gm)].map(([, what, at]) => [at, what])).toEqual([
      [`${file}:3:7`, expect.stringMatching(/^"kind" cannot be "feture"; did you mean "feature"\?$/)],
      [`${file}:5:76`, expect.stringMatching(/\(/)],
      [`${file}:7:73`, expect.stringMatching(/deadline/)],
      [`${file}:8:26`, expect.stringMatching(/^"runner" cannot be "comand"; did you mean "command"\?$/)],
      [`${file}:8:34`, expect.stringMatching(/^unknown key "profil"; did you mean "profile"\?$/)],
    ]);
    expect(stderr).toMatch(/\n {2}next: mend what is named here; nothing was run\n$/);
  });

  it('are in the JSON document too, as data', () => {
    const { exit, document } = lab.json('plan', 'double');
    expect({ exit, count: document.failure.details.length }).toEqual({ exit: 2, count: 5 });
    expect(document.failure.details[0].where).toMatchObject({ line: 3, column: 7, text: 'kind: feture' });
  });

  it('a missing scenario and a missing profile name the file and the mend', () => {
    expect(lab.redfirst('plan', 'halve').stderr).toBe(`error: there is no scenarios/halve/scenario.yaml
  at scenarios/halve/scenario.yaml
  next: run \`redfirst init halve\` to write a first one
`);
    lab.write({
      'scenarios/halve/scenario.yaml': `apiVersion: redfirst.dev/v1
feature: halve
kind: refactor
problem: None.
suites: { unit: { runner: vitest, select: { files: [a.test.ts] }, profile: moon } }
`,
    });
    const { exit, stderr } = lab.redfirst('plan', 'halve');
    expect({ exit, said: stderr }).toEqual({
      exit: 2,
      said: `error: scenarios/halve/scenario.yaml has a mistake
  error: there is no profile "moon"
    at scenarios/halve/scenario.yaml:5:76
    5 | suites: { unit: { runner: vitest, select: { files: [a.test.ts] }, profile: moon } }
      |                                                                            ^
    next: write clusters/moon.yaml, or use the profile host
  next: mend what is named here; nothing was run
`,
    });
  });

  it('no redfirst.yaml at all: init is named', () => {
    lab.write({ 'redfirst.yaml': null });
    const { exit, stderr } = lab.redfirst('red', 'double');
    expect({ exit, stderr }).toEqual({
      exit: 2,
      stderr: `error: there is no redfirst.yaml
  at redfirst.yaml
  next: run \`redfirst init\` in the root of the repository
`,
    });
  });
});

import { describe, expect, it } from 'vitest';
import { listScenarios, loadConfig, loadProfile, loadScenario } from '../../../src/config/load.ts';
import { renderMistake } from '../../../src/config/mistake.ts';
import { PRESETS } from '../../../src/config/presets.ts';
import { CONFIG, reader, SCENARIO, SCENARIO_PATH, seen } from './files.ts';

const load = (text: string, others: Record<string, string> = {}) =>
  loadScenario(reader({ [SCENARIO_PATH]: text, ...others }), 'pause', CONFIG);

/** What a person sees after changing one thing in a scenario without mistakes. */
async function after(from: string, to: string): Promise<string> {
  expect(SCENARIO).toContain(from);
  return seen(await load(SCENARIO.replace(from, () => to))).join('\n');
}

describe('loadScenario', () => {
  it('fills in what the file leaves out', async () => {
    const result = await load(SCENARIO);
    expect(result).toEqual({
      ok: true,
      value: {
        path: SCENARIO_PATH,
        text: SCENARIO,
        warnings: [],
        value: {
          feature: 'pause',
          kind: 'feature',
          problem: 'Guests cannot be paused.',
          stories: [],
          criteria: [{ id: 'AC-1', text: 'A paused guest does not run.', cases: [] }],
          nonFunctional: [],
          integrationPoints: [],
          paths: [
            { glob: '/scenarios/**', role: 'tests' },
            { glob: '/clusters/**', role: 'tests' },
            { glob: '/redfirst.yaml', role: 'tests' },
          ],
          setup: [],
          suites: [
            suite('contract', { runner: 'go-test', select: { files: ['./api/...'] } }),
            suite('integration', { runner: 'vitest', select: { files: ['test/pause.test.ts'] } }),
          ],
          runDeadlineMs: 1_800_000,
        },
      },
    });
  });

  it('reads everything that can be said, and keeps the order of suites', async () => {
    const text = `apiVersion: redfirst.dev/v1
feature: pause
kind: graduation
problem: >-
  Guests cannot
  be paused.
stories: [{as: an admin, want: to pause, so: that I can look}]
criteria:
  - {id: quick, text: It is quick., cases: [{suite: e2e, match: '^pauses$'}]}
nonFunctional: [quick]
integrationPoints: [virt-api]
paths:
  - preset: go
  - tests: [a/**, b/**]
  - neutral: [c]
setup:
  - {name: build, run: [make, all], inputs: [Makefile, src], outputs: [bin], deadline: 90s}
suites:
  unit:
    runner: command
    command: [sh, run.sh]
    select: {cases: pause}
  e2e:
    runner: node-test
    select: {files: [test/pause.test.js]}
    profile: lab
    grade: [vmm]
    red: {pattern: 'not paused'}
    contracts: [{match: rejects, class: unknown-field, pattern: pause}]
    controls: ['^boots$']
    roles: [{match: rejects a, role: guard}]
    deadline: 1h
    evidence: B
    attempts: {green: 7}
    env: {PORT: "8080", PATH: /usr/bin}
    wrapper: [nix-shell, --run]
gate: {name: PauseGuest, default: off}
deadline: 500ms
`;
    const result = await load(text, { 'clusters/lab.yaml': '' });
    expect(seen(result)).toEqual([]);
    expect(result.ok && result.value.value).toEqual({
      feature: 'pause',
      kind: 'graduation',
      problem: 'Guests cannot be paused.',
      stories: [{ as: 'an admin', want: 'to pause', so: 'that I can look' }],
      criteria: [{ id: 'quick', text: 'It is quick.', cases: [{ suite: 'e2e', match: '^pauses$' }] }],
      nonFunctional: ['quick'],
      integrationPoints: ['virt-api'],
      paths: [
        ...PRESETS.go,
        { glob: 'a/**', role: 'tests' },
        { glob: 'b/**', role: 'tests' },
        { glob: 'c', role: 'neutral' },
        { glob: '/scenarios/**', role: 'tests' },
        { glob: '/clusters/**', role: 'tests' },
        { glob: '/redfirst.yaml', role: 'tests' },
      ],
      setup: [
        { name: 'build', run: ['make', 'all'], inputs: ['Makefile', 'src'], outputs: ['bin'], deadlineMs: 90_000 },
      ],
      suites: [
        suite('unit', {
          runner: 'command',
          command: ['sh', 'run.sh'],
          reportFormat: 'junit',
          select: { files: [], cases: 'pause' },
        }),
        suite('e2e', {
          runner: 'node-test',
          select: { files: ['test/pause.test.js'] },
          profile: 'lab',
          grade: ['vmm'],
          red: { class: 'assertion', pattern: 'not paused' },
          contracts: [{ match: 'rejects', class: 'unknown-field', pattern: 'pause' }],
          controls: ['^boots$'],
          roles: [{ match: 'rejects a', role: 'guard' }],
          deadlineMs: 3_600_000,
          evidence: 'B',
          attempts: { red: 2, green: 7 },
          env: { PORT: '8080', PATH: '/usr/bin' },
          wrapper: ['nix-shell', '--run'],
        }),
      ],
      gate: { name: 'PauseGuest', default: 'off' },
      runDeadlineMs: 500,
    });
  });

  it('gives e2e grade C unless another is named', async () => {
    const result = await load(`${SCENARIO}  e2e: {runner: go-test, select: {files: [./e2e]}}\n`);
    expect(result.ok && result.value.value.suites[2]).toMatchObject({ evidence: 'C', attempts: { red: 1, green: 1 } });
  });

  it('lays the rules of the repository before those of the scenario', async () => {
    const config = { ...CONFIG, scenarios: 'spec/features', paths: [{ glob: 'x', role: 'support' as const }] };
    const text = SCENARIO.replace('suites:', 'paths: [{tests: [y]}]\nsuites:');
    const result = await loadScenario(reader({ 'spec/features/pause/scenario.yaml': text }), 'pause', config);
    expect(result.ok && result.value.value.paths.map(({ glob }) => glob)).toEqual([
      'x',
      'y',
      '/spec/features/**',
      '/clusters/**',
      '/redfirst.yaml',
    ]);
  });

  it('says what to do where there is no scenario', async () => {
    expect(await loadScenario(reader({}), 'pause', CONFIG)).toEqual({
      ok: false,
      failure: {
        reason: 'configuration-missing',
        what: 'there is no scenarios/pause/scenario.yaml',
        next: 'run `redfirst init pause` to write a first one',
        exit: 2,
        where: { file: SCENARIO_PATH },
      },
    });
  });

  it.each(['../../etc', '', 'A', 'a/b', '-a', 'a'.repeat(64)])(
    'refuses the feature name %j without reading anything',
    async (name) => {
      const read = () => Promise.reject(new Error('read'));
      expect(await loadScenario(read, name, CONFIG)).toMatchObject({
        ok: false,
        failure: { reason: 'usage', exit: 2 },
      });
    },
  );

  it('reports a file that cannot be read', async () => {
    const result = await loadScenario(() => Promise.reject(new Error('EISDIR: is a folder')), 'pause', CONFIG);
    expect(result).toMatchObject({ ok: false, failure: { reason: 'configuration-invalid', exit: 2 } });
    expect(seen(result)).toEqual(['scenarios/pause/scenario.yaml: cannot be read: EISDIR: is a folder']);
  });

  it('warns, and loads, where a criterion can have no case and where a preset hides rules', async () => {
    const text = SCENARIO.replace('AC-1', 'quick').replace(
      'suites:',
      'paths:\n  - tests: [x]\n  - preset: go\nsuites:',
    );
    const result = await load(text);
    expect(result.ok && result.value.warnings.map(renderMistake)).toEqual([
      `scenarios/pause/scenario.yaml:6:9: warning: the criterion "quick" names no cases, so every test with that word in its name counts for it
      - id: quick
            ^~~~~
    name its cases, or give it an id such as AC-1, which no test names by accident`,
      `scenarios/pause/scenario.yaml:10:5: warning: the preset "go" wins over the rules before it
      - preset: go
        ^~~~~~
    put presets first`,
    ]);
  });
});

describe('what a person sees of a mistake', () => {
  it.each([
    [
      'an unknown key',
      'files: [test/pause.test.ts]',
      'files: [test/pause.test.ts]\n    evidense: A',
      `scenarios/pause/scenario.yaml:16:5: unknown key "evidense"; did you mean "evidence"?
        evidense: A
        ^~~~~~~~
    allowed: runner, select, command, reportFormat, profile, grade, red, contracts, controls, roles, deadline, evidence, attempts, env, wrapper`,
    ],
    [
      'a word that is not among those allowed',
      'runner: go-test',
      'runner: gotest',
      `scenarios/pause/scenario.yaml:10:13: "runner" cannot be "gotest"; did you mean "go-test"?
        runner: gotest
                ^~~~~~
    allowed: vitest, node-test, go-test, ginkgo, pytest, command`,
    ],
    [
      'another version',
      'redfirst.dev/v1',
      'redfirst.dev/v2',
      `scenarios/pause/scenario.yaml:1:13: "apiVersion" cannot be "redfirst.dev/v2"; did you mean "redfirst.dev/v1"?
    apiVersion: redfirst.dev/v2
                ^~~~~~~~~~~~~~~
    allowed: redfirst.dev/v1`,
    ],
    [
      'another folder',
      'feature: pause',
      'feature: resume',
      `scenarios/pause/scenario.yaml:2:10: the feature "resume" lies in the folder of "pause"
    feature: resume
             ^~~~~~
    write: feature: pause`,
    ],
    [
      'a name that is none',
      'feature: pause',
      'feature: Pause_Guest',
      `scenarios/pause/scenario.yaml:2:10: "Pause_Guest" is not a name of lower-case letters, digits and inner hyphens, 63 at most (a DNS-1123 label)
    feature: Pause_Guest
             ^~~~~~~~~~~
    for example: pause-guest`,
    ],
    [
      'a field without a value',
      'problem: Guests cannot be paused.',
      'problem:',
      `scenarios/pause/scenario.yaml:4:1: "problem" has no value
    problem:
    ^~~~~~~
    The problem that the feature solves, for somebody who does not know it.`,
    ],
    [
      'a missing field',
      '    text: A paused guest does not run.\n',
      '',
      `scenarios/pause/scenario.yaml:6:5: "text" is missing
      - id: AC-1
        ^~
    What must be so.`,
    ],
    [
      'a suite that is not there, and a pattern that is none',
      '    text:',
      '    cases: [{suite: unit, match: "(?=x)"}]\n    text:',
      `scenarios/pause/scenario.yaml:7:21: there is no suite "unit" in this scenario
        cases: [{suite: unit, match: "(?=x)"}]
                        ^~~~
    allowed: contract, integration
scenarios/pause/scenario.yaml:7:34: "(?=x)" is not a valid RE2 pattern: invalid or unsupported Perl syntax: \`(?=\`
        cases: [{suite: unit, match: "(?=x)"}]
                                     ^~~~~~~
    RE2 has no look-around and no back-references: https://github.com/google/re2/wiki/Syntax`,
    ],
    [
      'an id twice',
      'suites:',
      '  - {id: AC-1, text: Again.}\nsuites:',
      `scenarios/pause/scenario.yaml:8:10: there are two criteria with the id "AC-1"
      - {id: AC-1, text: Again.}
             ^~~~`,
    ],
    [
      'paths outside the repository, an option, and a number',
      '[./api/...]',
      '[/api, ../x, -v, 3]',
      `scenarios/pause/scenario.yaml:11:22: "/api" is not a path inside the repository: it is absolute
        select: {files: [/api, ../x, -v, 3]}
                         ^~~~
scenarios/pause/scenario.yaml:11:28: "../x" is not a path inside the repository: it has ".."
        select: {files: [/api, ../x, -v, 3]}
                               ^~~~
scenarios/pause/scenario.yaml:11:34: "-v" is not a path: it starts with "-", as an option does
        select: {files: [/api, ../x, -v, 3]}
                                     ^~
scenarios/pause/scenario.yaml:11:38: "files[3]" must be text, not the number 3
        select: {files: [/api, ../x, -v, 3]}
                                         ^
    put it in quotes: "3"`,
    ],
    [
      'text where a list belongs',
      '[./api/...]',
      './api',
      `scenarios/pause/scenario.yaml:11:21: "files" must be a list, not "./api"
        select: {files: ./api}
                        ^~~~~
    write a list: [./api]`,
    ],
    [
      'no files',
      '[./api/...]',
      '[]',
      `scenarios/pause/scenario.yaml:11:14: go-test is given no files
        select: {files: []}
                 ^~~~~
    write: select: {files: [./pkg/pause/...]}`,
    ],
    [
      'runner command without a command',
      'runner: go-test',
      'runner: command',
      `scenarios/pause/scenario.yaml:9:3: "command" is missing
      contract:
      ^~~~~~~~
    runner command needs it: a list of program and arguments`,
    ],
    [
      'a command for another runner',
      'runner: go-test',
      'runner: go-test\n    command: [make]',
      `scenarios/pause/scenario.yaml:11:5: "command" is only for runner command, not for go-test
        command: [make]
        ^~~~~~~
    remove it`,
    ],
    [
      'a deadline without its unit',
      'runner: go-test',
      'runner: go-test\n    deadline: 60',
      `scenarios/pause/scenario.yaml:11:15: "deadline" must be text, not the number 60
        deadline: 60
                  ^~
    for example: 500ms, 3s, 2m, 1h`,
    ],
    [
      'reserved and impossible variables',
      'runner: go-test',
      'runner: go-test\n    env: {KUBECONFIG: x, REDFIRST_A: y, 1B: z, PORT: 0x10}',
      `scenarios/pause/scenario.yaml:11:11: "KUBECONFIG" is not free to set: redfirst sets it itself
        env: {KUBECONFIG: x, REDFIRST_A: y, 1B: z, PORT: 0x10}
              ^~~~~~~~~~
scenarios/pause/scenario.yaml:11:26: "REDFIRST_A" is not free to set: redfirst sets it itself
        env: {KUBECONFIG: x, REDFIRST_A: y, 1B: z, PORT: 0x10}
                             ^~~~~~~~~~
scenarios/pause/scenario.yaml:11:41: "1B" is not the name of an environment variable
        env: {KUBECONFIG: x, REDFIRST_A: y, 1B: z, PORT: 0x10}
                                            ^~
scenarios/pause/scenario.yaml:11:54: "PORT" must be text, not the number 16
        env: {KUBECONFIG: x, REDFIRST_A: y, 1B: z, PORT: 0x10}
                                                         ^~~~
    put it in quotes: "0x10"`,
    ],
    [
      'fewer attempts than the grade fixes',
      'runner: go-test',
      'runner: go-test\n    attempts: {red: 1, green: 3}',
      `scenarios/pause/scenario.yaml:11:21: evidence A asks for 4 red attempts, not 1
        attempts: {red: 1, green: 3}
                        ^
    ask for at least 4, or for a lower grade`,
    ],
    [
      'a profile without a file',
      'runner: go-test',
      'runner: go-test\n    profile: lab',
      `scenarios/pause/scenario.yaml:11:14: there is no profile "lab"
        profile: lab
                 ^~~
    write clusters/lab.yaml, or use the profile host`,
    ],
    [
      'a feature without its contract suite',
      'contract:',
      'e2e:',
      `scenarios/pause/scenario.yaml:8:1: a feature needs a suite "contract"
    suites:
    ^~~~~~
    articles 9.1 and 9.3: contracts and integration come first`,
    ],
    [
      'a graduation without a gate',
      'kind: feature',
      'kind: graduation',
      `scenarios/pause/scenario.yaml:1:1: a graduation needs the gate that it opens
    apiVersion: redfirst.dev/v1
    ^~~~~~~~~~
    write: gate: {name: …, default: off}`,
    ],
    [
      'a bug fix without criteria',
      'kind: feature\nproblem: Guests cannot be paused.\ncriteria:\n  - id: AC-1\n    text: A paused guest does not run.\n',
      'kind: bugfix\nproblem: Guests cannot be paused.\ncriteria: []\n',
      `scenarios/pause/scenario.yaml:5:1: a bugfix needs at least one acceptance criterion
    criteria: []
    ^~~~~~~~
    write: criteria: [{id: AC-1, text: …}]`,
    ],
    [
      'a gate that starts on',
      'suites:',
      'gate: {name: Pause, default: on}\nsuites:',
      `scenarios/pause/scenario.yaml:8:30: "default" cannot be "on"
    gate: {name: Pause, default: on}
                                 ^~
    allowed: off`,
    ],
    [
      'path rules that are none',
      'criteria:',
      'paths:\n  - {tests: [a], support: [b]}\n  - tets: [a]\n  - tests: ["!x"]\n  - {}\ncriteria:',
      `scenarios/pause/scenario.yaml:6:5: one entry gives one role, and here are tests and support
      - {tests: [a], support: [b]}
        ^~~~~~~~~~~~~~~~~~~~~~~~~~
    write them as entries of their own: their order decides
scenarios/pause/scenario.yaml:7:5: unknown key "tets"; did you mean "tests"?
      - tets: [a]
        ^~~~
    allowed: preset, tests, implementation, support, generated, neutral
scenarios/pause/scenario.yaml:8:13: "!x" is not a glob here: "!" has no meaning where every rule gives a role
      - tests: ["!x"]
                ^~~~
    for example: *_test.go, docs/**
scenarios/pause/scenario.yaml:9:5: this entry gives no role
      - {}
        ^~
    allowed: preset, tests, implementation, support, generated, neutral`,
    ],
    [
      'set-up that cannot work',
      'suites:',
      'setup:\n  - {name: ci, run: [], outputs: [.git], deadline: 25h}\nsuites:',
      `scenarios/pause/scenario.yaml:9:5: "inputs" is missing
      - {name: ci, run: [], outputs: [.git], deadline: 25h}
        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
    Files and folders whose content decides whether the step must run again.
scenarios/pause/scenario.yaml:9:21: "run" is empty
      - {name: ci, run: [], outputs: [.git], deadline: 25h}
                        ^~
    Program and arguments. No shell is involved.
scenarios/pause/scenario.yaml:9:35: ".git" is not an output: it holds the repository itself
      - {name: ci, run: [], outputs: [.git], deadline: 25h}
                                      ^~~~
scenarios/pause/scenario.yaml:9:52: "25h" is not between 1ms and 24h
      - {name: ci, run: [], outputs: [.git], deadline: 25h}
                                                       ^~~
    for example: 500ms, 3s, 2m, 1h`,
    ],
    [
      'a key twice and a merge key',
      'kind: feature',
      'kind: feature\nkind: bugfix\n<<: {a: 1}',
      `scenarios/pause/scenario.yaml:4:1: the key "kind" stands here twice
    kind: bugfix
    ^~~~
    keep one of them
scenarios/pause/scenario.yaml:5:1: merge keys (<<) are not read here
    <<: {a: 1}
    ^~
    write the values out`,
    ],
    [
      'a bracket that never closes',
      'kind: feature',
      'kind: [feature',
      `scenarios/pause/scenario.yaml:4:1: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]
    problem: Guests cannot be paused.
    ^~~~~~~`,
    ],
    [
      'a tag',
      'kind: feature',
      'kind: !!binary aGk=',
      `scenarios/pause/scenario.yaml:3:7: not YAML: Unresolved tag: tag:yaml.org,2002:binary
    kind: !!binary aGk=
          ^~~~~~~~~~~~~`,
    ],
  ])('%s', async (_, from, to, expected) => {
    expect(await after(from, to)).toBe(expected);
  });

  it('an empty file', async () => {
    expect(seen(await load(''))).toEqual([
      "scenarios/pause/scenario.yaml:1:1: the file is empty\n    The specification of a feature's tests.",
    ]);
  });

  it('a list instead of a map', async () => {
    expect(seen(await load('- a'))).toEqual([
      'scenarios/pause/scenario.yaml:1:1: the file must be a map, not a list\n    - a\n    ^~~',
    ]);
  });

  it('all mistakes of a file at once, sorted by position', async () => {
    const text = SCENARIO.replace('kind: feature', 'knd: feature')
      .replace('vitest', 'jest')
      .replace('AC-1', '_1')
      .replace('./api', '/api');
    const result = await load(text);
    expect(result.ok || result.failure).toMatchObject({
      reason: 'configuration-invalid',
      what: 'scenarios/pause/scenario.yaml has 5 mistakes',
      next: 'mend what is named here; nothing was run',
      exit: 2,
      where: { file: SCENARIO_PATH, line: 1, column: 1 },
    });
    expect(seen(result).map((rendered) => rendered.split('\n')[0])).toEqual([
      'scenarios/pause/scenario.yaml:1:1: "kind" is missing',
      'scenarios/pause/scenario.yaml:3:1: unknown key "knd"; did you mean "kind"?',
      'scenarios/pause/scenario.yaml:6:9: "_1" is not an id: a letter, then letters, digits, ".", "_" or "-"',
      'scenarios/pause/scenario.yaml:11:22: "/api/..." is not a path inside the repository: it is absolute',
      'scenarios/pause/scenario.yaml:13:13: "runner" cannot be "jest"',
    ]);
  });

  it('no more than 200 of them, and how many there are', async () => {
    const result = await load(SCENARIO.replace('suites:', `nonFunctional: [${'3, '.repeat(500)}]\nsuites:`));
    expect(result.ok || result.failure.what).toBe('scenarios/pause/scenario.yaml has 500 mistakes');
    expect(seen(result)).toHaveLength(200);
  });
});

describe('loadConfig', () => {
  it('fills in what the file leaves out', async () => {
    const result = await loadConfig(reader({ 'redfirst.yaml': 'apiVersion: redfirst.dev/v1\n' }));
    expect(result.ok && result.value.value).toEqual(CONFIG);
  });

  it('says what to do where there is none', async () => {
    expect(await loadConfig(reader({}))).toEqual({
      ok: false,
      failure: {
        reason: 'configuration-missing',
        what: 'there is no redfirst.yaml',
        next: 'run `redfirst init` in the root of the repository',
        exit: 2,
        where: { file: 'redfirst.yaml' },
      },
    });
  });

  it('shows its mistakes', async () => {
    const text = 'apiVersion: redfirst.dev/v1\nbase: --exec=x\nscenarios: ../x\npolicy: {grade: Z}\nredact: TOKEN\n';
    expect(
      seen(await loadConfig(reader({ 'redfirst.yaml': text }))).join('\n'),
    ).toBe(`redfirst.yaml:2:7: "--exec=x" is not the name of a branch, tag or commit
    base: --exec=x
          ^~~~~~~~
    for example: main, origin/main
redfirst.yaml:3:12: "../x" is not a folder below the repository's root
    scenarios: ../x
               ^~~~
    for example: scenarios, test/scenarios
redfirst.yaml:4:17: "grade" cannot be "Z"
    policy: {grade: Z}
                    ^
    allowed: A+, A, B, C
redfirst.yaml:5:9: "redact" must be a list, not "TOKEN"
    redact: TOKEN
            ^~~~~
    write a list: [TOKEN]`);
  });
});

describe('loadProfile', () => {
  const profile = (text: string) => loadProfile(reader({ 'clusters/lab.yaml': text }), 'lab', CONFIG);

  it('reads QEMU with its defaults', async () => {
    const result = await profile('apiVersion: redfirst.dev/v1\nprovider: qemu\n');
    expect(result.ok && result.value.value).toEqual({
      name: 'lab',
      provider: 'qemu',
      binary: 'qemu-system-x86_64',
      accelerator: 'auto',
      machine: 'q35',
      probeDeadlineMs: 30_000,
    });
  });

  it('needs no file for host', async () => {
    const result = await loadProfile(reader({}), 'host', CONFIG);
    expect(result.ok && result.value.value).toEqual({ name: 'host', provider: 'host' });
  });

  it('says what to do where there is none', async () => {
    expect(await loadProfile(reader({}), 'lab', CONFIG)).toMatchObject({
      failure: { what: 'there is no clusters/lab.yaml', next: 'write clusters/lab.yaml, or name another profile' },
    });
  });

  it.each([
    [
      'provider: kind',
      `clusters/lab.yaml:1:1: "image" is missing
    apiVersion: redfirst.dev/v1
    ^~~~~~~~~~
    Node image.`,
    ],
    [
      'provider: quemu',
      `clusters/lab.yaml:2:11: "provider" cannot be "quemu"; did you mean "qemu"?
    provider: quemu
              ^~~~~
    allowed: host, qemu, envtest, kind, kubeconfig`,
    ],
    [
      'machine: q35',
      `clusters/lab.yaml:1:1: "provider" is missing
    apiVersion: redfirst.dev/v1
    ^~~~~~~~~~
    allowed: host, qemu, envtest, kind, kubeconfig`,
    ],
    [
      'provider: qemu\nacelerator: kvm\nprobeDeadline: soon\nmachine: q35,accel=tcg',
      `clusters/lab.yaml:3:1: unknown key "acelerator"; did you mean "accelerator"?
    acelerator: kvm
    ^~~~~~~~~~
    allowed: apiVersion, provider, binary, accelerator, machine, probeDeadline
clusters/lab.yaml:4:16: "soon" is not a duration
    probeDeadline: soon
                   ^~~~
    for example: 500ms, 3s, 2m, 1h
clusters/lab.yaml:5:10: "q35,accel=tcg" is not the name of a QEMU machine type
    machine: q35,accel=tcg
             ^~~~~~~~~~~~~
    for example: q35, virt`,
    ],
  ])('shows the mistakes of %j', async (text, expected) => {
    expect(seen(await profile(`apiVersion: redfirst.dev/v1\n${text}\n`)).join('\n')).toBe(expected);
  });
});

describe('listScenarios', () => {
  it('names the features that have a scenario, sorted, and finds folders that cannot be one', async () => {
    const list = async () => [
      'scenarios/resume/scenario.yaml',
      'scenarios/pause/scenario.yaml',
      'scenarios/pause/helper.ts',
      'scenarios/Bad Name/scenario.yaml',
      'scenarios/.schema/scenario.schema.json',
      'scenarios/deep/er/scenario.yaml',
    ];
    expect(await listScenarios(list, CONFIG)).toEqual({
      features: ['pause', 'resume'],
      findings: [
        {
          severity: 'error',
          what: '"Bad Name" is not the name of a feature',
          next: 'a name has lower-case letters, digits and inner hyphens, 63 at most',
          where: { file: 'scenarios/Bad Name/scenario.yaml' },
        },
      ],
    });
  });
});

function suite(name: string, more: object): object {
  return {
    suite: name,
    profile: 'host',
    grade: [],
    contracts: [],
    controls: [],
    roles: [],
    deadlineMs: 300_000,
    evidence: 'A',
    attempts: { red: 4, green: 3 },
    env: {},
    wrapper: [],
    ...more,
  };
}

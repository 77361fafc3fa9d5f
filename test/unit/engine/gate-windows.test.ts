import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Health } from '../../../src/domain/environment.ts';
import type { EventBody, EventOf, RecordedEvent } from '../../../src/domain/event.ts';
import { fail, ok } from '../../../src/domain/failure.ts';
import type { CaseVerdict } from '../../../src/domain/verdict.ts';
import { gateWindows } from '../../../src/engine/gate-windows.ts';
import { createRecorder } from '../../../src/engine/recorder.ts';
import type { ScenarioRun } from '../../../src/engine/scenario-run.ts';
import type { Environment, GateSwitch } from '../../../src/environment/provider.ts';
import type { EvidenceStore } from '../../../src/evidence/store.ts';
import type { SuitePlan } from '../../../src/plan/plan-run.ts';
import { makeSpec } from '../suite/suite-lab.ts';

let root: string;
let log: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rf-gate-'));
  log = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const HEALTHY: Health = { healthy: true };
const COMPONENTS = [
  { pod: 'virt-handler-1', uid: '2', restarts: 0 },
  { pod: 'virt-api-1', uid: '1', restarts: 0 },
];

interface Scene {
  /** TAP that the suite writes while the gate is off. */
  tap: string;
  health: Health;
  set: (state: 'on' | 'off') => ReturnType<GateSwitch['set']>;
  components: GateSwitch['components'];
}

const failed = (what: string) => fail({ reason: 'environment-failed', what, next: '', exit: 3 } as const);

/** Runs the windows of a scenario; the suite itself is a shell that writes TAP. */
function open(
  phase: 'red' | 'green',
  change: Partial<Scene> & { gate?: boolean; gated?: boolean; suites?: SuitePlan['suite'][] } = {},
) {
  const scene: Scene = {
    tap: 'ok 1 - old\nnot ok 2 - new\n1..2\n',
    health: HEALTHY,
    set: async () => ok(undefined),
    components: async () => ok(COMPONENTS),
    ...change,
  };
  const gates: GateSwitch = {
    set: async (gate, state) => {
      log.push(`${gate} ${state}`);
      return scene.set(state);
    },
    components: scene.components,
  };
  const environment = {
    identity: { profile: 'kind', provider: 'kind', profileDigest: '', grade: ['cluster'], facts: {}, findings: [] },
    suiteVariables: () => ({ TAP: scene.tap }),
    openAttempt: async (name: string) => ({
      variables: { REDFIRST_NAMESPACE: name },
      health: HEALTHY,
      close: async () => void log.push(`close ${name}`),
    }),
    health: async () => scene.health,
    watch: () => ({ stop: async () => HEALTHY }),
    reset: async () => void log.push('reset'),
    diagnose: async () => {
      log.push('diagnose');
      const path = join(root, 'likely-cause.txt');
      writeFileSync(path, 'guest did not boot\n');
      return { [path]: 'cluster/likely-cause.txt' };
    },
    ...(change.gated === false ? {} : { gates }),
  } as unknown as Environment;
  const bodies: EventBody[] = [];
  const store = {
    record: (body: EventBody): RecordedEvent => {
      log.push(body.type);
      return { seq: bodies.push(body), atMs: 0, hash: '' as never, body };
    },
    putArtifact: async (name: string, from: { path: string }) => ({
      name,
      sha256: 'a',
      bytes: existsSync(from.path) ? 1 : 0,
    }),
  } as unknown as EvidenceStore;
  const progress: string[] = [];
  const observer = {
    name: 'test',
    onEvent: () => undefined,
    onProgress: (one: object) => void progress.push(JSON.stringify(one)),
  };
  const plan = (change.suites ?? ['e2e']).map(
    (suite): SuitePlan =>
      ({
        ...{ suite, runner: 'command', profile: 'kind', grade: [] },
        attempts: [{ attempt: 1, order: 'declared', seed: 7 }],
        spec: makeSpec({
          suite,
          profile: 'kind',
          command: [
            'sh',
            '-c',
            'printf "$TAP" > "$REDFIRST_REPORT"; grep -q "^not" "$REDFIRST_REPORT" && exit 1; exit 0',
          ],
          reportFormat: 'tap',
          select: { files: [] },
        }),
      }) as unknown as SuitePlan,
  );
  const verdict = (name: string, role: string, suite = 'e2e') => ({ suite, name, role }) as unknown as CaseVerdict;
  const input = {
    run: 'run-1',
    phase,
    scenario: { ...(change.gate === false ? {} : { gate: { name: 'Gate', default: 'off' } }) },
    plan,
    draft: false,
    tree: { path: root, changed: async () => [] },
    redVerdicts: [verdict('new', 'driver'), verdict('old', 'control'), verdict('old', 'driver', 'unit')],
    runtimeDir: root,
    recorderProcess: { pid: 1, startedAtTicks: 1, token: 'gate-test' },
    signal: new AbortController().signal,
  } as unknown as ScenarioRun;
  const recorder = createRecorder(store, [observer]);
  const windows = gateWindows(input, recorder, new Map([['kind', environment]]));
  const observed = (): EventOf<'gate-observed'>[] =>
    bodies.filter((body): body is EventOf<'gate-observed'> => body.type === 'gate-observed');
  return { windows, observed, progress, input };
}

describe('gateWindows', () => {
  it('at green shows the old behaviour first, then switches on, and off again in the end', async () => {
    const { windows, observed, progress } = open('green');
    expect(await windows.open()).toBeUndefined();
    log.push('ordinary suites');
    await windows.close();
    expect(log).toEqual([
      ...['Gate off', 'close e2e-1', 'gate-observed', 'Gate on', 'gate-observed'],
      'ordinary suites',
      ...['Gate off', 'close e2e-1', 'gate-observed'],
    ]);
    expect(observed().map(({ step }) => step)).toEqual(['off', 'on', 'off-again']);
    expect(observed()[0]).toMatchObject({
      run: 'run-1',
      gate: 'Gate',
      problem: '',
      components: [COMPONENTS[1], COMPONENTS[0]],
      suites: [
        {
          suite: 'e2e',
          end: { cause: 'exited', code: 1 },
          report: { status: 'complete' },
          legacyPassed: 1,
          legacyFailed: [],
          driversPassed: [],
        },
      ],
    });
    expect(observed()[1]?.suites).toEqual([]);
    expect(progress.filter((one) => one.includes('waiting'))).toEqual([
      '{"type":"waiting","what":"gate Gate to be off"}',
      '{"type":"waiting","what":"gate Gate to be on"}',
      '{"type":"waiting","what":"gate Gate to be off-again"}',
    ]);
  });

  it('at red goes straight on, runs nothing while it is off, and leaves it on', async () => {
    const { windows, observed } = open('red');
    expect(await windows.open()).toBeUndefined();
    await windows.close();
    expect(log).toEqual(['Gate on', 'gate-observed']);
    expect(observed()[0]).toMatchObject({ step: 'on', suites: [] });
  });

  it.each<[string, Parameters<typeof open>[1]]>([
    ['where the scenario stands behind no gate', { gate: false }],
    ['where no environment has gates that are ours', { gated: false }],
  ])('does nothing %s', async (_, change) => {
    const { windows, observed } = open('green', change);
    expect(await windows.open()).toBeUndefined();
    await windows.close();
    expect([log, observed()]).toEqual([[], []]);
  });

  it('switches once for all suites of one environment, and runs each', async () => {
    const { windows, observed } = open('green', { suites: ['integration', 'e2e'] });
    await windows.open();
    expect(log.filter((one) => one.startsWith('Gate'))).toEqual(['Gate off', 'Gate on']);
    expect(observed()[0]?.suites.map(({ suite }) => suite)).toEqual(['integration', 'e2e']);
    // What drives one suite drives no other.
    expect(observed()[0]?.suites.map(({ legacyFailed }) => legacyFailed)).toEqual([['new'], []]);
  });

  it('tells drivers that pass though it is off, and legacy that fails; asks the environment why', async () => {
    const { windows, observed } = open('green', { tap: 'not ok 1 - old\nok 2 - new\n1..2\n' });
    await windows.open();
    expect(observed()[0]?.suites).toMatchObject([{ legacyPassed: 0, legacyFailed: ['old'], driversPassed: ['new'] }]);
    expect(observed()[0]?.suites[0]?.artifacts.map(({ name }) => name)).toContain(
      'environment/cluster/likely-cause.txt',
    );
  });

  it('lists fifty names at most', async () => {
    const tap = `${Array.from({ length: 70 }, (_, index) => `not ok ${index + 1} - case ${index}\n`).join('')}1..70\n`;
    const { windows, observed } = open('green', { tap });
    await windows.open();
    expect(observed()[0]?.suites[0]?.legacyFailed).toHaveLength(50);
  });

  it('records what kept a gate from being switched, and goes no further', async () => {
    const { windows, observed } = open('green', {
      set: async (state) => (state === 'on' ? failed('virt-api is behind') : ok(undefined)),
    });
    expect(await windows.open()).toMatchObject({ what: 'virt-api is behind' });
    expect(observed().map(({ step, problem, components }) => [step, problem, components.length])).toEqual([
      ['off', '', 2],
      ['on', 'virt-api is behind', 0],
    ]);
  });

  it('records components that cannot be told', async () => {
    const { windows, observed } = open('red', { components: async () => failed('they cannot be listed') });
    expect(await windows.open()).toMatchObject({ what: 'they cannot be listed' });
    expect(observed()).toMatchObject([{ step: 'on', problem: 'they cannot be listed', components: [] }]);
  });

  it('switches nothing any more once the run is interrupted', async () => {
    const { windows, input } = open('green');
    await windows.close.call(undefined);
    const before = log.length;
    Object.assign(input, { signal: AbortSignal.abort('SIGINT') });
    await windows.close();
    expect(log).toHaveLength(before);
  });

  it('resets an environment that a window left unhealthy', async () => {
    const { windows, observed } = open('green', { health: { healthy: false, reason: 'node n1 is not ready' } });
    await windows.open();
    expect(log.slice(0, 5)).toEqual(['Gate off', 'diagnose', 'close e2e-1', 'reset', 'gate-observed']);
    expect(observed()[0]?.suites[0]?.health.after).toEqual({ healthy: false, reason: 'node n1 is not ready' });
  });
});

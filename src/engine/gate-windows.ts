import type { AttemptFacts } from '../classify/attempt-problem.ts';
import type { EventOf, GateStep, GateSuite } from '../domain/event.ts';
import { type Failure, ok, type Result } from '../domain/failure.ts';
import type { Environment } from '../environment/provider.ts';
import type { SuitePlan } from '../plan/plan-run.ts';
import { performAttempt } from './perform-attempt.ts';
import type { Recorder } from './recorder.ts';
import type { ScenarioRun } from './scenario-run.ts';

/** More names are not listed; how many there are shows in the stored report. */
const MAX_NAMES = 50;

/** What a gated run asks of its environments, one after the other on one cluster: off, on, off again. */
export interface GateWindows {
  /** Before the ordinary suites: at green the old behaviour first, then on; at red straight on. */
  open(): Promise<Failure | undefined>;
  /** After them: off again. */
  close(): Promise<void>;
}

/**
 * The gate differential (P12) of a run whose scenario stands behind a gate. Every suite on an environment that can switch gates runs once with the
 * gate off, before and after the ordinary suites, which run with it on. An environment without gates takes no part.
 */
export function gateWindows(
  input: ScenarioRun,
  recorder: Recorder,
  environments: ReadonlyMap<string, Environment>,
): GateWindows {
  const { scenario, plan, phase } = input;
  const gate = scenario.gate?.name;
  const gated = plan.flatMap((suite) => {
    const environment = environments.get(suite.profile);
    return environment?.gates === undefined ? [] : [{ suite, environment, gates: environment.gates }];
  });
  const switches = [...new Map(gated.map(({ suite, gates }) => [suite.profile, gates])).values()];
  if (gate === undefined || switches.length === 0) return { open: async () => undefined, close: async () => undefined };

  const step = async (name: GateStep): Promise<Failure | undefined> => {
    recorder.progress({ type: 'waiting', what: `gate ${gate} to be ${name}` });
    for (const gates of switches) {
      const set = await gates.set(gate, name === 'on' ? 'on' : 'off');
      if (!set.ok) {
        tell(name, set.failure.what, [], []);
        return set.failure;
      }
    }
    const suites: GateSuite[] = [];
    if (name !== 'on')
      for (const { suite, environment } of gated) suites.push(await runOff(input, suite, environment, recorder));
    const components = await readComponents(switches);
    tell(name, components.ok ? '' : components.failure.what, components.ok ? components.value : [], suites);
    return components.ok ? undefined : components.failure;
  };
  const tell = (
    name: GateStep,
    problem: string,
    components: EventOf<'gate-observed'>['components'],
    suites: readonly GateSuite[],
  ): void => {
    const { store } = recorder;
    const event = {
      type: 'gate-observed',
      v: 1,
      run: input.run,
      gate,
      step: name,
      problem,
      components,
      suites,
    } as const;
    recorder.tell(store.record<'gate-observed'>(event));
  };
  return {
    open: async () => (phase === 'green' ? ((await step('off')) ?? (await step('on'))) : step('on')),
    close: async () => {
      if (phase === 'green' && !input.signal.aborted) await step('off-again');
    },
  };
}

async function readComponents(
  switches: readonly NonNullable<Environment['gates']>[],
): Promise<Result<EventOf<'gate-observed'>['components']>> {
  const all: EventOf<'gate-observed'>['components'][number][] = [];
  for (const gates of switches) {
    const components = await gates.components();
    if (!components.ok) return components;
    all.push(...components.value);
  }
  return ok(all.sort((a, b) => (a.pod < b.pod ? -1 : 1)));
}

/** One attempt of a suite while the gate is off. */
async function runOff(
  input: ScenarioRun,
  plan: SuitePlan,
  environment: Environment,
  recorder: Recorder,
): Promise<GateSuite> {
  const planned = { attempt: 1, order: 'declared', seed: plan.attempts[0]?.seed ?? 0 } as const;
  const drivers = new Set(
    (input.redVerdicts ?? [])
      .filter(({ suite, role }) => suite === plan.suite && role === 'driver')
      .map(({ name }) => name),
  );
  let performed: GateSuite | undefined;
  const fails = (made: AttemptFacts): boolean => namesOf(made, drivers).legacyFailed.length > 0;
  await performAttempt({ input, plan, planned, only: undefined, environment, recorder, fails }, ({ facts, event }) => {
    const { suite, end, report, health, artifacts } = event;
    performed = { suite, end, report, health, artifacts, ...namesOf(facts, drivers) };
  });
  if (performed === undefined) throw new Error('an attempt was performed and not told');
  return performed;
}

function namesOf(
  { observations }: Pick<AttemptFacts, 'observations'>,
  drivers: ReadonlySet<string>,
): Pick<GateSuite, 'legacyPassed' | 'legacyFailed' | 'driversPassed'> {
  const legacy = observations.filter(({ name }) => !drivers.has(name));
  const ours = observations.filter(({ name }) => drivers.has(name));
  return {
    legacyPassed: legacy.filter(({ outcome }) => outcome === 'passed').length,
    legacyFailed: legacy
      .filter(({ outcome }) => outcome !== 'passed')
      .map(({ name }) => name)
      .slice(0, MAX_NAMES),
    driversPassed: ours
      .filter(({ outcome }) => outcome === 'passed')
      .map(({ name }) => name)
      .slice(0, MAX_NAMES),
  };
}

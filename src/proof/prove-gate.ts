import type { ComponentState, EventOf } from '../domain/event.ts';
import { validRuns } from './claim.ts';
import type { ProofFacts } from './proof-facts.ts';
import { holds, list, notRequired, type Reply, RUN_GREEN, refuted, unproven } from './reply.ts';

const ORDER = ['off', 'on', 'off-again'] as const;

/**
 * P12, the gate differential: on one cluster the gate was off, on, and off again; the old behaviour held while it was off; nothing was restarted.
 */
export function proveGate(facts: ProofFacts): Reply {
  const gate = facts.scenario.gate?.name;
  if (gate === undefined) {
    if (facts.scenario.kind !== 'graduation') return notRequired('the scenario names no feature gate');
    return unproven(
      'a graduation rests on its gate, and the scenario names none',
      'name it: gate: {name: …, default: off}',
    );
  }
  const green = validRuns(facts.greenRuns).at(-1) ?? facts.greenRuns.at(-1);
  if (green === undefined) return unproven('no green run is recorded', RUN_GREEN);
  const steps = green.record.gateSteps;
  if (steps.length === 0) {
    const next =
      'run the suites on a profile whose cluster redfirst may change (provider kind, or kubeconfig with allowMutation)';
    return unproven(`run ${green.record.run} never switched gate ${gate}: no environment of it could`, next);
  }
  const problem = steps.find((step) => step.problem !== '');
  if (problem !== undefined) return unproven(`gate ${gate} ${problem.step}: ${problem.problem}`, RUN_GREEN);
  const missing = ORDER.filter((name, index) => steps[index]?.step !== name);
  if (missing.length > 0 || steps.length !== ORDER.length)
    return unproven(
      `gate ${gate} was not seen off, on and off again (${steps.map(({ step }) => step).join(', ')})`,
      RUN_GREEN,
    );
  return judgeOff(gate, steps) ?? judgeComponents(gate, steps);
}

/** What the old behaviour showed while the gate was off; undefined where it held. */
function judgeOff(gate: string, steps: readonly EventOf<'gate-observed'>[]): Reply | undefined {
  const off = steps
    .filter(({ step }) => step !== 'on')
    .flatMap(({ step, suites }) => suites.map((suite) => ({ step, ...suite })));
  const doubtful = off.find(
    ({ report, health }) => report.status !== 'complete' || Object.values(health).some(({ healthy }) => !healthy),
  );
  if (doubtful !== undefined)
    return unproven(
      `${doubtful.suite} while ${gate} was ${doubtful.step}: its report or its environment cannot be relied on`,
      RUN_GREEN,
    );
  const failed = off.flatMap(({ step, suite, legacyFailed }) =>
    legacyFailed.map((name) => `${suite} ${name} (${step})`),
  );
  if (failed.length > 0)
    return refuted(
      `with ${gate} off the old behaviour does not hold: ${list(failed)}`,
      'mend what the code changes without its gate',
    );
  const open = off.flatMap(({ step, suite, driversPassed }) =>
    driversPassed.map((name) => `${suite} ${name} (${step})`),
  );
  if (open.length > 0)
    return refuted(`with ${gate} off the feature works all the same: ${list(open)}`, 'let the gate guard it');
  if (off.some(({ legacyPassed }) => legacyPassed === 0)) {
    const next = 'add a control that holds without the feature';
    return unproven(`a suite shows nothing while ${gate} is off: no case of it ran that is no driver`, next);
  }
  return undefined;
}

function judgeComponents(gate: string, steps: readonly EventOf<'gate-observed'>[]): Reply {
  const [first, ...later] = steps.map(({ components }) => components);
  if (first === undefined || first.length === 0) return unproven('no component was looked at', RUN_GREEN);
  const changed = later.flatMap((components) => differences(first, components));
  if (changed.length > 0)
    return refuted(
      `switching ${gate} restarted ${list([...new Set(changed)])}`,
      'a gate must be read again without a restart (article 3)',
    );
  return holds(
    `${gate} was off, on and off again; ${first.length} pods of the components kept their UIDs and restart counts`,
  );
}

function differences(before: readonly ComponentState[], after: readonly ComponentState[]): string[] {
  const known = new Map(before.map((component) => [component.uid, component]));
  const restarted = after.flatMap(({ pod, uid, restarts }) => {
    const was = known.get(uid);
    if (was === undefined) return [`${pod} (another pod than before)`];
    return restarts === was.restarts ? [] : [`${pod} (${was.restarts} restarts before, ${restarts} after)`];
  });
  const gone = before
    .filter(({ uid }) => !after.some((component) => component.uid === uid))
    .map(({ pod }) => `${pod} (gone)`);
  return [...restarted, ...gone];
}

import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../src/domain/brand.ts';
import type { ComponentState, EventOf, GateStep, GateSuite } from '../../../src/domain/event.ts';
import { answer, makeRun } from './facts.ts';

const POD: ComponentState = { pod: 'virt-api-1', uid: 'u1', restarts: 0 };
const HEALTHY = { healthy: true } as const;

function off(over: Partial<GateSuite> = {}): GateSuite {
  return {
    suite: 'e2e',
    end: { cause: 'exited', code: 0 },
    report: { status: 'complete' },
    health: { before: HEALTHY, during: HEALTHY, after: HEALTHY },
    legacyPassed: 2,
    legacyFailed: [],
    driversPassed: [],
    artifacts: [],
    ...over,
  } as GateSuite;
}

function step(name: GateStep, over: Partial<EventOf<'gate-observed'>> = {}): EventOf<'gate-observed'> {
  const suites = name === 'on' ? [] : [off()];
  const base = {
    type: 'gate-observed',
    v: 1,
    run: 'r-green' as RunId,
    gate: 'Pause',
    step: name,
    problem: '',
  } as const;
  return { ...base, components: [POD], suites, ...over };
}

const WHOLE = [step('off'), step('on'), step('off-again')];

function judge(gateSteps: readonly EventOf<'gate-observed'>[]): string {
  const scenario = { gate: { name: 'Pause', default: 'off' as const } };
  return answer('P12', { scenario, greenRuns: [makeRun('green', { record: { gateSteps } })] });
}

describe('P12, the gate differential', () => {
  it('is not asked of what stands behind no gate', () => {
    expect(answer('P12')).toMatch(/^not required/);
  });

  it('holds when the gate was off, on, off again, the old behaviour held and nothing was restarted', () => {
    expect(judge(WHOLE)).toBe(
      'holds: Pause was off, on and off again; 1 pods of the components kept their UIDs and restart counts',
    );
  });

  it.each([
    ['never switched', [], /^unproven: run r-green never switched gate Pause/],
    ['a step is missing', WHOLE.slice(0, 2), /^unproven: gate Pause was not seen off, on and off again \(off, on\)/],
    ['a step is repeated', [...WHOLE, step('on')], /^unproven/],
    ['another order', [step('on'), step('off'), step('off-again')], /^unproven/],
    [
      'the gate could not be set',
      [step('off', { problem: 'KubeVirt refuses' })],
      /^unproven: gate Pause off: KubeVirt refuses/,
    ],
    ['nothing was looked at', WHOLE.map((one) => ({ ...one, components: [] })), /^unproven: no component/],
  ] as const)('is unproven when %s', (_, steps, expected) => {
    expect(judge(steps)).toMatch(expected);
  });

  it('is refuted, by name, when old behaviour fails while the gate is off, before or after', () => {
    const broken = [
      step('off'),
      step('on'),
      step('off-again', { suites: [off({ legacyFailed: ['control: starts'] })] }),
    ];
    expect(judge(broken)).toBe(
      'refuted: with Pause off the old behaviour does not hold: e2e control: starts (off-again)',
    );
  });

  it('is refuted when the feature works although its gate is off', () => {
    const open = [step('off', { suites: [off({ driversPassed: ['AC-1: pauses'] })] }), step('on'), step('off-again')];
    expect(judge(open)).toBe('refuted: with Pause off the feature works all the same: e2e AC-1: pauses (off)');
  });

  it('is unproven when a window shows nothing, or cannot be relied on', () => {
    const window = (over: Partial<GateSuite>) =>
      judge([step('off', { suites: [off(over)] }), step('on'), step('off-again')]);
    expect(window({ legacyPassed: 0 })).toMatch(/^unproven: a suite shows nothing/);
    const gone = { before: HEALTHY, during: { healthy: false, reason: 'gone' }, after: HEALTHY } as const;
    expect(window({ health: gone })).toMatch(/^unproven: e2e while Pause was off/);
    expect(window({ report: { status: 'missing', reason: 'none' } as unknown as GateSuite['report'] })).toMatch(
      /^unproven/,
    );
  });

  it.each([
    ['restarted in place', { ...POD, restarts: 1 }, 'virt-api-1 (0 restarts before, 1 after)'],
    [
      'another pod',
      { ...POD, pod: 'virt-api-2', uid: 'u2' },
      'virt-api-2 (another pod than before); virt-api-1 (gone)',
    ],
  ])('is refuted when a component was %s', (_, component, said) => {
    const steps = [
      step('off'),
      step('on', { components: [component] }),
      step('off-again', { components: [component] }),
    ];
    expect(judge(steps)).toBe(`refuted: switching Pause restarted ${said}`);
  });
});

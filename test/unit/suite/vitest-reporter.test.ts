import { afterEach, expect, it, vi } from 'vitest';
import RedfirstReporter from '../../../src/suite/reporters/vitest-reporter.ts';

afterEach(() => vi.unstubAllEnvs());

it('asks for the lines of cases itself, in every project: vitest 2 has no flag for it', () => {
  vi.stubEnv('REDFIRST_REPORT', undefined);
  const vitest = { config: { includeTaskLocation: false }, projects: [{ config: {} }, {}] };
  new RedfirstReporter().onInit(vitest);
  expect(vitest).toEqual({
    config: { includeTaskLocation: true },
    projects: [{ config: { includeTaskLocation: true } }, {}],
  });
});

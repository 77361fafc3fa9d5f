import type { RunnerName } from '../domain/vocabulary.ts';
import { commandRunner } from './command.ts';
import { ginkgoRunner } from './ginkgo.ts';
import { goTestRunner } from './go-test.ts';
import { nodeTestRunner } from './node-test.ts';
import { pytestRunner } from './pytest.ts';
import type { Runner } from './runner.ts';
import { vitestRunner } from './vitest.ts';

export { countFinishedCases } from './count-cases.ts';

/** The adapter of a runner. */
export function runnerFor(name: RunnerName): Runner {
  switch (name) {
    case 'vitest':
      return vitestRunner();
    case 'node-test':
      return nodeTestRunner();
    case 'go-test':
      return goTestRunner;
    case 'ginkgo':
      return ginkgoRunner;
    case 'pytest':
      return pytestRunner();
    case 'command':
      return commandRunner;
  }
}

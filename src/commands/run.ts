import { EXIT, type ExitCode, worstExit } from '../domain/failure.ts';
import { foldRuns } from '../domain/run-record.ts';
import type { CommandInput, CommandMain } from './command.ts';
import { openForReading } from './open-evidence.ts';
import { main as prove } from './prove.ts';
import { runPhase } from './run-phase.ts';

/**
 * `redfirst run FEATURE…`, the one command for CI. Where no valid red run of the feature is recorded it records one at
 * HEAD; otherwise it runs green at HEAD and proves.
 */
export const main: CommandMain = async (input) => {
  input.out.several();
  const exits: ExitCode[] = [];
  for (const feature of input.operands) {
    if (!hasValidRed(input, feature)) {
      exits.push((await runPhase(input, 'red', [feature])).exit);
      continue;
    }
    const green = await runPhase(input, 'green', [feature]);
    exits.push(green.exit === EXIT.holds ? await prove({ ...input, operands: [feature] }) : green.exit);
  }
  return worstExit(exits);
};

function hasValidRed(input: CommandInput, feature: string): boolean {
  const store = openForReading(input);
  if (!store.ok) return false;
  try {
    return foldRuns(store.value.events()).some(
      ({ started, finished }) =>
        started.feature === feature &&
        started.phase === 'red' &&
        !started.draft &&
        finished?.body.verdict.code === 'red/valid',
    );
  } finally {
    store.value.close();
  }
}

import type { CommandMain } from './command.ts';
import { runPhase } from './run-phase.ts';

/** `redfirst red FEATURE…`: the suites at R, where the code does not exist yet. */
export const main: CommandMain = async (input) => (await runPhase(input, 'red', input.operands)).exit;

import type { CommandMain } from './command.ts';
import { runPhase } from './run-phase.ts';

/** `redfirst green FEATURE…`: the same suites at H, where the code exists. */
export const main: CommandMain = async (input) => (await runPhase(input, 'green', input.operands)).exit;

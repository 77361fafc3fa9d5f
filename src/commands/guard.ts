import type { ExitCode } from '../domain/failure.ts';
import { StoreError } from '../evidence/store.ts';
import type { CommandInput, CommandMain } from './command.ts';

/**
 * Runs a command; what the evidence store refuses in the middle of its work (a full disk, a record that was tampered
 * with) is a failure for a person, not a bug.
 */
export async function runGuarded(main: CommandMain, input: CommandInput): Promise<ExitCode> {
  try {
    return await main(input);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    input.out.failure(error.failure);
    return error.failure.exit;
  }
}

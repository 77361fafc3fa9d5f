import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EventType, RecordedEvent } from '../domain/event.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import { hasLeftovers } from '../environment/leftovers.ts';
import { openStore } from '../evidence/open-store.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { findCommonDir } from '../git/find-common-dir.ts';
import type { CommandInput } from './command.ts';

/** Where the evidence lies: `--store`, or `redfirst/` in the repository's common git folder. */
export function locateStore(input: Pick<CommandInput, 'cwd' | 'storeDir'>): Result<string> {
  if (input.storeDir !== undefined) return ok(input.storeDir);
  const commonDir = findCommonDir(input.cwd);
  if (commonDir !== undefined) return ok(join(commonDir, 'redfirst'));
  return fail<Failure>({
    reason: 'not-a-repository',
    what: `${input.cwd} is not inside a git repository, so there is no default evidence store`,
    next: 'change into the repository, or name the store with --store',
    exit: EXIT.usage,
  });
}

/** Opens the store for reading; a store that does not exist yet is a failure that says how it comes to be. */
export function openForReading(input: CommandInput): Result<EvidenceStore> {
  const directory = locateStore(input);
  if (!directory.ok) return directory;
  if (!existsSync(directory.value)) return fail(nothingRecorded(`there is no evidence store at ${directory.value}`));
  return openStore({ directory: directory.value, tool: input.tool, readOnly: true });
}

/** There is no run to tell of, and why. */
export function nothingRecorded(why: string): Failure {
  return {
    reason: 'not-found',
    what: `nothing is recorded yet: ${why}`,
    next: 'record a red run with `redfirst red FEATURE`, or name another store with --store',
    exit: EXIT.unproven,
  };
}

/** What tells whether a run is over; cheap to read, since the big events are not among them. */
const LIFE: readonly EventType[] = ['run-started', 'run-finished', 'run-interrupted'];

/**
 * Opens the store, and first finishes what a killed process left unfinished: its run is named as interrupted, its
 * processes and folders are removed. Reading commands do so too, but only where there is something to finish.
 */
export async function openRecovered(input: CommandInput): Promise<Result<EvidenceStore>> {
  const read = await readRecovered(input, LIFE);
  return read.ok ? ok(read.value.store) : read;
}

/**
 * As `openRecovered`, with the events of `types`, for a command that needs little more than what tells whether a run is
 * over: all is read once. Events of that kind are always among them.
 */
export async function readRecovered(
  input: CommandInput,
  types: readonly EventType[],
): Promise<Result<{ readonly store: EvidenceStore; readonly events: readonly RecordedEvent[] }>> {
  const reading = openForReading(input);
  if (!reading.ok) return reading;
  const wanted = [...new Set([...LIFE, ...types])];
  const events = [...reading.value.events({ types: wanted })];
  const open = new Set<string>();
  let leftovers = false;
  for (const { body } of events) {
    if (body.type === 'run-started') {
      open.add(body.run);
      if (hasLeftovers(body.recorderProcess.token)) leftovers = true;
    } else if ('run' in body) open.delete(body.run);
  }
  if (open.size === 0 && !leftovers) return ok({ store: reading.value, events });
  reading.value.close();
  const { recoverInterrupted } = await import('../engine/recover.ts');
  const writing = openStore({ directory: reading.value.directory, tool: input.tool });
  if (!writing.ok) return writing;
  const recovered = await recoverInterrupted(writing.value);
  for (const { run, detail } of recovered) process.stderr.write(`run ${run} was interrupted: ${detail}\n`);
  return ok({ store: writing.value, events: [...writing.value.events({ types: wanted })] });
}

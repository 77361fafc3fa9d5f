import { CHECKPOINT_LOG, CHECKPOINTED, type readLog } from './checkpoint-log.ts';
import { toHex } from './merkle.ts';
import type { WalkedEvent } from './verify-chain.ts';

/**
 * Each writer also writes the lines that are missing before its own, so below the last line none may be missing.
 * Above it, one may be: its writer died, or is just about to write it.
 */
export class UnloggedCheckpoints {
  readonly #log: ReturnType<typeof readLog>;
  readonly #logged: ReadonlySet<number>;
  readonly #last: number;
  readonly #missing: number[] = [];
  readonly #later: number[] = [];
  readonly #hashes = new Map<number, string>();

  constructor(log: ReturnType<typeof readLog>) {
    this.#log = log;
    this.#logged = new Set(log.lines.map(({ seq }) => seq));
    this.#last = log.lines.reduce((last, { seq }) => Math.max(last, seq), 0);
  }

  see({ seq, hash, body }: WalkedEvent): void {
    if (body === undefined || !CHECKPOINTED.some((type) => type === body.type)) return;
    this.#hashes.set(seq, toHex(hash));
    if (this.#logged.has(seq)) return;
    (seq < this.#last ? this.#missing : this.#later).push(seq);
  }

  *problems(readAgain: () => ReturnType<typeof readLog>): Generator<string> {
    for (const seq of this.#missing) yield `${CHECKPOINT_LOG} lacks its line for event ${seq}`;
    if (this.#later.length > 1) {
      const now = new Set(readAgain().lines.map(({ seq }) => seq));
      const still = this.#later.filter((seq) => !now.has(seq));
      if (still.length > 1) yield `${CHECKPOINT_LOG} lacks its lines for events ${still.join(', ')}`;
    }
    for (const other of this.#log.others) {
      if (!this.#isTorn(other))
        yield `${CHECKPOINT_LOG} has a line that is no checkpoint: ${JSON.stringify(other.slice(0, 100))}`;
    }
  }

  /** The beginning of a line that a crash cut short. */
  #isTorn(text: string): boolean {
    for (const [seq, hash] of this.#hashes) if (`${seq}:${hash}`.startsWith(text)) return true;
    return false;
  }
}

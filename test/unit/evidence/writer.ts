import { openStore } from '../../../src/evidence/open-store.ts';
import { attemptBody, rowsOf } from './writer-events.ts';

/*
 * A process of its own that records. argv: directory, writer's number, how many events.
 * A line `seq:hash:rows` on stdout is the acknowledgement: it is written after the record call returned.
 */
const [directory = '', writer = '0', count = '0'] = process.argv.slice(2);
const opened = openStore({ directory, tool: 'writer' });
if (!opened.ok) {
  process.stderr.write(`${opened.failure.what}\n`);
  process.exit(1);
}
const store = opened.value;
for (let i = 1; i <= Number(count); i++) {
  const kind = i % 4;
  const run = `run-${writer}` as never;
  const event =
    kind === 0
      ? store.recordAttempt(attemptBody(run, i), rowsOf(i, 50))
      : kind === 1
        ? store.record({ type: 'run-interrupted', v: 1, run, how: 'signal', detail: `event ${i}`, cleaned: [] })
        : store.record({ type: 'suite-started', v: 1, run, suite: 'unit', position: i });
  process.stdout.write(`${event.seq}:${event.hash}:${kind === 0 ? 50 : 0}\n`);
}
store.close();

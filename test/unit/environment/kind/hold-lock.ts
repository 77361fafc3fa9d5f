import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockCluster } from '../../../../src/environment/kind/cluster-lock.ts';

/**
 * Run as a process of its own. With a log: takes the lock so many times, and writes down when it has it and when it lets go. Without: takes it once,
 * says so, and holds it until its input ends.
 */
const [dir = '', what = '', log, rounds = '1'] = process.argv.slice(2);
const request = {
  dir,
  what,
  signal: new AbortController().signal,
  progress: (said: string): void => void process.stdout.write(`waits for ${said}\n`),
};
for (let round = 0; round < Number(rounds); round++) {
  const locked = await lockCluster(request);
  if (!locked.ok) throw new Error(locked.failure.what);
  if (log === undefined) {
    process.stdout.write('has it\n');
    for await (const _ of process.stdin);
  } else {
    appendFileSync(log, `${process.pid} in\n`);
    await sleep(2);
    appendFileSync(log, `${process.pid} out\n`);
  }
  locked.value();
}

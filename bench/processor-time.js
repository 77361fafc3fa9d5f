// Processor time of programs, and how two of them are compared: interleaved, medians, and how sure the ratio is.
import { spawnSync } from 'node:child_process';

// The figures go to descriptor 3, because standard error is the command's own.
const SCRIPT = `exec 4>&2
TIMEFORMAT='%3U %3S %3R'
times=$1; shift
{ time for ((i = 0; i < times; i++)); do "$@" >/dev/null 2>&4 3>&- 4>&- || code=$?; done; } 2>&3
exit "\${code:-0}"`;

/** What the measured programs get unless told otherwise: certificates or modules that Node is told to load cost more than it. */
const PLAIN_ENV = { PATH: process.env.PATH, HOME: process.env.HOME };

/**
 * Runs a command, `times` in a row, and returns what one run cost: its own processor time and that of everything that it
 * started and waited for. bash's `time` reads the kernel's own account (getrusage, RUSAGE_CHILDREN) to the millisecond;
 * Node offers nothing for the children of a process.
 *
 * @param statuses exit codes that are right
 * @throws where it ends otherwise: a figure for something that did not work is none.
 */
export function processorTime(argv, { cwd, env = PLAIN_ENV, statuses = [0], times = 1 } = {}) {
  const { error, status, stderr, output } = spawnSync('bash', ['-c', SCRIPT, 'bash', String(times), ...argv], {
    cwd,
    env: { ...env, LC_ALL: 'C' },
    encoding: 'utf8',
    stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
  });
  if (error !== undefined) throw error;
  if (!statuses.includes(status)) throw new Error(`${argv.join(' ')} ended with ${status}\n${stderr}`);
  const [user, system, elapsed] = output[3]
    .trim()
    .split(' ')
    .map((seconds) => (Number(seconds) * 1000) / times);
  return { cpuMs: user + system, elapsedMs: elapsed };
}

/**
 * Measures every command once a round, each round in another order, so that the load of the machine meets all alike.
 * @param commands name → argv or `{ argv, …options of processorTime }`
 * @returns name → processor milliseconds, one a round
 */
export function interleave(commands, rounds) {
  const entries = Object.entries(commands).map(([name, command]) => [
    name,
    Array.isArray(command) ? { argv: command } : command,
  ]);
  const spent = Object.fromEntries(entries.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const shift = round % entries.length;
    for (const [name, { argv, ...options }] of [...entries.slice(shift), ...entries.slice(0, shift)]) {
      spent[name].push(processorTime(argv, options).cpuMs);
    }
  }
  return spent;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Ratio of the medians of paired figures, and the interval that 95 % of 2,000 resamplings of the pairs fall into. */
export function medianRatio(ours, peer) {
  const random = makeRandom(1);
  const resampled = Array.from({ length: 2000 }, () => {
    const picks = ours.map(() => Math.floor(random() * ours.length));
    return median(picks.map((i) => ours[i])) / median(picks.map((i) => peer[i]));
  }).sort((a, b) => a - b);
  return { ratio: median(ours) / median(peer), low: resampled[50], high: resampled[1949] };
}

/** mulberry32: the same figures give the same interval. */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

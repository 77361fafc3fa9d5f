import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { until } from './until.ts';
import { launcherPod, lookAt } from './vm.ts';

const LINES_TOLD = 5;

/**
 * A guest's serial console, followed from its first line until its launcher pod ends. KubeVirt keeps it in the log of a container
 * of its own, so that looking at it takes no session from anybody and does not disturb the guest.
 */
export interface Console {
  /** Complete lines so far; what was read stays, also when the pod is gone. */
  readonly lines: readonly string[];
  /** Waits for a line, from index `from` on. @throws after two minutes, saying what came last. */
  waitFor(pattern: RegExp, from?: number): Promise<{ readonly line: string; readonly index: number }>;
  /** Numbers of the tiny guest's beats so far. */
  beats(): number[];
  /** Number of the last beat; 0 before the first. */
  lastBeat(): number;
  /** Waits for a beat. @throws as `waitFor` */
  untilBeat(number: number): Promise<void>;
  close(): void;
}

/**
 * Follows the console of a VM that runs.
 *
 * @param launcher the pod that the guest wrote in, unless it is the one that it runs in
 */
export async function openConsole(cluster: Cluster, name: string, launcher?: string): Promise<Console> {
  const pod = launcher ?? (await launcherPod(cluster, (await lookAt(cluster, name)).vmi));
  const lines: string[] = [];
  const stopped = new AbortController();
  let state = 'the log is followed';
  const follow = async (): Promise<void> => {
    // The container that keeps the log may start after the guest.
    for (let tries = 1; ; tries += 1) {
      try {
        await cluster.follow(pod, 'guest-console-log', (line) => lines.push(line), stopped.signal);
        state = 'the log has ended';
        return;
      } catch (error) {
        if (stopped.signal.aborted) return;
        state = `the log cannot be followed: ${error instanceof Error ? error.message : error}`;
        if (lines.length > 0 || tries === 100) return;
        await sleep(200);
      }
    }
  };
  void follow();

  const describe = (): string =>
    [`${lines.length} lines on the console of ${name}, ${state}`, ...lines.slice(-LINES_TOLD)].join('\n  ');
  const beats = (): number[] => lines.flatMap((line) => /^beat (\d+)$/.exec(line)?.slice(1).map(Number) ?? []);
  const lastBeat = (): number => beats().at(-1) ?? 0;
  return {
    lines,
    waitFor: async (pattern, from = 0) => {
      const find = (): number => lines.findIndex((line, at) => at >= from && pattern.test(line));
      const index = await until(`${name} writes ${pattern}`, find, (found) => found >= 0, describe);
      return { line: lines[index] ?? '', index };
    },
    beats,
    lastBeat,
    untilBeat: async (number) => {
      await until(`${name} writes beat ${number}`, lastBeat, (last) => last >= number, describe);
    },
    close: () => stopped.abort(),
  };
}

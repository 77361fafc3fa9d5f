import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { until } from './until.ts';
import { openWebSocket } from './web-socket.ts';

const TOLD = 400;
const PATIENCE_MS = 60_000;
const BETWEEN_TRIES_MS = 2000;

/** A shell in the guest, on its serial console: the one way into it that neither KubeVirt's agent channel nor vmtool has a part in. */
export interface Shell {
  /** Runs a command in the guest and gives its stdout, in one line. @throws after a minute, saying what came last */
  ask(command: string): Promise<string>;
  /** Types a line that begins another shell, and waits until that one answers: what is typed before it has opened the console is lost. */
  enter(line: string): Promise<void>;
  close(): void;
}

/** Opens the serial console of a guest whose shell asks for no password. */
export async function openShell({ socketPath, namespace }: Cluster, name: string): Promise<Shell> {
  let said = '';
  let asked = 0;
  const path = `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances/${name}/console`;
  const socket = await openWebSocket({ socketPath, path, protocol: 'plain.kubevirt.io' }, (text) => {
    said += text;
  });
  const awaken = async (): Promise<void> => {
    asked += 1;
    const answer = `<awake ${asked}>`;
    await until(
      `the shell in the guest of ${name} answers at all`,
      async () => {
        socket.send(`printf '\\074%s\\076\\n' 'awake ${asked}'\r`);
        await sleep(BETWEEN_TRIES_MS);
        return said.includes(answer);
      },
      (isThere) => isThere,
      () => `… ${JSON.stringify(said.slice(-TOLD))}`,
      PATIENCE_MS,
    );
  };
  await awaken();
  return {
    ask: async (command) => {
      asked += 1;
      // In octal, so that the echo of what is typed does not look like the answer. Another writer may come between two lines, not
      // into the midst of one.
      socket.send(`printf '\\074${asked}:%s\\076\\n' "$(${command})"\r`);
      const answer = new RegExp(`<${asked}:([^>]*)>`);
      const found = await until(
        `the guest of ${name} answers ${command}`,
        () => answer.exec(said)?.[1],
        (text) => text !== undefined,
        () => `… ${JSON.stringify(said.slice(-TOLD))}`,
        PATIENCE_MS,
      );
      return (found ?? '').trim();
    },
    enter: async (line) => {
      socket.send(`${line}\r`);
      await awaken();
    },
    close: () => socket.close(),
  };
}

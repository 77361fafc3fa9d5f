import type { ContainerEngine, NodeContainer } from './container-engine.ts';

const DEADLINE_MS = 10_000;
const LINES = '200';

/**
 * What the nodes themselves say: kubelet's and containerd's journal, and the last words of API server and etcd, which are needed most when
 * nobody answers any more. By file name; what does not answer is left out.
 */
export async function nodeLogs(
  engine: ContainerEngine,
  nodes: readonly NodeContainer[],
): Promise<Record<string, string>> {
  const asked = nodes.flatMap(({ id, name, role }) => [
    ask(`${name}/journal.log`, [
      'exec',
      id,
      'journalctl',
      '--no-pager',
      '-n',
      LINES,
      '-u',
      'kubelet',
      '-u',
      'containerd',
    ]),
    ask(`${name}/container.txt`, ['inspect', '--format', '{{json .State}}', id]),
    ...(role === 'control-plane'
      ? ['kube-apiserver', 'etcd'].map((component) =>
          ask(`${name}/${component}.log`, ['exec', id, 'sh', '-c', lastLog(component)]),
        )
      : []),
  ]);
  const answers = await Promise.all(asked);
  return Object.fromEntries(answers.flatMap((answer) => (answer === undefined ? [] : [answer])));

  async function ask(file: string, args: readonly string[]): Promise<readonly [string, string] | undefined> {
    const said = await engine.run(args, { deadlineMs: DEADLINE_MS, unstoppable: true });
    return said.ok ? [file, said.value] : undefined;
  }
}

/** The newest two logs of a static pod, as the kubelet keeps them, the older first: of one that was started again the last words are in it. */
function lastLog(component: string): string {
  return `tail -n ${LINES} $(ls -t /var/log/pods/kube-system_${component}-*/${component}/*.log | head -n 2 | tac)`;
}

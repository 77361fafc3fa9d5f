import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, fail, ok, type Result } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import { TOKEN_VARIABLE } from '../../process/process-group.ts';
import { type StartedProcess, startProcess } from '../../process/start-process.ts';
import { type KubeApi, kubeApi } from './api.ts';
import { type KubectlTarget, targetArgs } from './kubectl.ts';

export interface ApiProxy {
  readonly api: KubeApi;
  readonly process: StartedProcess;
}

export interface ProxyRequest extends KubectlTarget {
  /** Private folder; the socket and the log lie there. */
  readonly dir: string;
  readonly token: string;
}

const START_DEADLINE_MS = 20_000;
const POLL_MS = 20;

/**
 * Starts `kubectl proxy` on a unix socket: one process that knows every way to log in that kubectl knows (certificates, tokens, exec
 * plugins), so that asking the API costs no process each time.
 */
export async function startProxy(request: ProxyRequest): Promise<Result<ApiProxy>> {
  const socket = join(request.dir, 'kube.sock');
  const paths = { stdoutPath: join(request.dir, 'proxy.log'), stderrPath: join(request.dir, 'proxy.err') };
  const process = startProcess({
    argv: [request.path, ...targetArgs(request), 'proxy', `--unix-socket=${socket}`],
    cwd: request.cwd,
    env: { ...request.env, [TOKEN_VARIABLE]: request.token },
    ...paths,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!existsSync(socket)) {
    const end = process.end();
    if (end !== undefined || Date.now() > deadline) {
      await process.stop(0);
      const words = readFileSync(paths.stderrPath, 'utf8').trim();
      return fail({
        reason: 'environment-failed',
        what: `kubectl proxy did not start: ${words || (end === undefined ? 'no socket in time' : describeEnd(end))}`,
        next: `try \`${request.path} ${targetArgs(request).join(' ')} get --raw /readyz\` by hand`,
        exit: EXIT.environment,
      });
    }
    await sleep(POLL_MS);
  }
  return ok({ api: kubeApi(socket), process });
}

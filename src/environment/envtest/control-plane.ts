import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import { describeEnd } from '../../domain/process-end.ts';
import { isAlive, TOKEN_VARIABLE } from '../../process/process-group.ts';
import { type StartedProcess, startProcess } from '../../process/start-process.ts';
import { waitFor } from '../kubernetes/wait-for.ts';
import type { ProvisionContext } from '../provider.ts';
import { readCertificate, whyNotReady } from './ask-ready.ts';
import type { Assets } from './assets.ts';
import { envtestKubeconfig, writeCredentials } from './credentials.ts';
import { freePort } from './free-port.ts';
import { lastWords, logTail, readLog } from './process-log.ts';
import { apiServerArguments, type ControlPlaneFiles, etcdArguments } from './server-arguments.ts';

export interface ControlPlaneRequest extends Pick<ProvisionContext, 'token' | 'signal' | 'progress'> {
  readonly assets: Pick<Assets, 'etcd' | 'apiServer'>;
  /** In a private folder that exists. */
  readonly files: ControlPlaneFiles;
  /** What the administrator logs in with. */
  readonly secret: string;
  /** Until the API server is ready. */
  readonly deadlineMs: number;
}

/** etcd and kube-apiserver. Whoever makes it registers `stop` first. */
export interface ControlPlane {
  /** Starts both with an empty etcd; a second start keeps port, certificate and credentials. @returns the text of a kubeconfig. */
  start(): Promise<Result<string>>;
  /** Why one of them has ended; undefined while both live. */
  death(): string | undefined;
  /** Waits until the end of what is dead is known. */
  settle(): Promise<void>;
  /** The last words of both, by file name. */
  logs(): Promise<Record<string, string>>;
  /** Kills both: what they hold is thrown away. */
  stop(): Promise<void>;
}

interface Running {
  readonly name: string;
  readonly process: StartedProcess;
}

const POLL_MS = 50;
/** Somebody else may take a port between its choice and its use. */
const PORTS_TRIED = 5;

export function controlPlane(request: ControlPlaneRequest): ControlPlane {
  const { assets, files, secret } = request;
  let running: readonly Running[] = [];
  let port: number | undefined;

  const begin = (name: string, argv: readonly string[], log: string): void => {
    const env = { PATH: process.env['PATH'] ?? '', [TOKEN_VARIABLE]: request.token };
    const child = startProcess({ argv, cwd: files.dir, env, stdoutPath: `${log}.out`, stderrPath: log });
    running = [...running, { name, process: child }];
  };
  const death = (): string | undefined => {
    const said = running.flatMap(({ name, process: { end } }) => {
      const ended = end();
      return ended === undefined ? [] : [`${name} ended (${describeEnd(ended)})`];
    });
    return said.length === 0 ? undefined : said.join('; ');
  };
  const stop = async (): Promise<void> => {
    // The API server first: without etcd it would only complain.
    for (const { process: child } of [...running].reverse()) await child.stop(0);
  };
  const attempt = async (chosen: number): Promise<Result<string>> => {
    await stop();
    running = [];
    for (const path of [files.data, files.etcdSocket, files.peerSocket])
      await rm(path, { recursive: true, force: true });
    begin('etcd', [assets.etcd.path, ...etcdArguments(files)], files.etcdLog);
    const etcd = await awaitStart(request, 'etcd', death, files.etcdLog, async () =>
      existsSync(files.etcdSocket) ? undefined : 'it has no socket yet',
    );
    if (!etcd.ok) return etcd;
    begin('kube-apiserver', [assets.apiServer.path, ...apiServerArguments(files, chosen)], files.apiServerLog);
    const ready = await awaitStart(request, 'kube-apiserver', death, files.apiServerLog, async () => {
      const certificate = readCertificate(files.servingCertificate);
      return certificate === undefined ? 'it has no certificate yet' : whyNotReady(chosen, certificate, secret);
    });
    if (!ready.ok) return ready;
    return ok(envtestKubeconfig(chosen, readCertificate(files.servingCertificate) ?? '', secret));
  };
  return {
    start: async () => {
      if (port !== undefined) return attempt(port);
      await mkdir(files.certs, { recursive: true, mode: 0o700 });
      await writeCredentials(files, secret);
      for (let tried = 1; ; tried++) {
        const chosen = await freePort();
        const started = await attempt(chosen);
        if (started.ok) port = chosen;
        const taken = readLog(files.apiServerLog).includes('address already in use');
        if (started.ok || tried === PORTS_TRIED || !taken) return started;
      }
    },
    death,
    settle: async () => {
      for (const { process: child } of running)
        if (child.pid !== undefined && !isAlive(child.pid, child.startedAtTicks)) await child.ended;
    },
    logs: async () => ({
      'etcd.log': await logTail(files.etcdLog),
      'kube-apiserver.log': await logTail(files.apiServerLog),
    }),
    stop,
  };
}

/** @param whyNot why it is not ready yet */
function awaitStart(
  { deadlineMs, signal, progress }: ControlPlaneRequest,
  name: string,
  death: () => string | undefined,
  log: string,
  whyNot: () => Promise<string | undefined>,
): Promise<Result<void>> {
  return waitFor({
    what: name,
    deadlineMs,
    signal,
    progress,
    times: { pollMs: POLL_MS },
    missing: async () => {
      const dead = death();
      if (dead !== undefined) return fail(notStarted(dead, lastWords(log)));
      const why = await whyNot();
      return ok(why === undefined ? [] : [`${name} to be ready (${why})`]);
    },
    // A log that grows is no reason while there is hope.
    why: async (over) => (over ? [lastWords(log)].filter(Boolean) : []),
  });
}

function notStarted(dead: string, words: string): Failure {
  return {
    reason: 'environment-failed',
    what: words === '' ? dead : `${dead}: ${words}`,
    next: 'read the message; etcd and kube-apiserver must be of one release, and for this machine',
    exit: EXIT.environment,
  };
}

import { spawn } from 'node:child_process';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { kubectl, suiteEnvironment } from 'redfirst/testing';

const REQUEST_DEADLINE_MS = 30_000;

/** What the API server answered. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** An object of the API, as far as the tests look into it. */
export interface KubeObject {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly deletionTimestamp?: string };
}

/**
 * The cluster as the tests see it. It shares no code with vmtool, so that a test does not believe vmtool about itself: one `kubectl
 * proxy` listens on a socket of the attempt's own, and looking at an object again and again starts no process.
 */
export interface Cluster {
  /** Namespace of this attempt. redfirst made it, and removes it with all that is in it. */
  readonly namespace: string;
  /** Where the API server answers without asking who is there; for what is more than a request. */
  readonly socketPath: string;
  /** One request with whatever it is answered. */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The object at a path; `undefined` where there is none. @throws what else the API server says. */
  get<T>(path: string): Promise<T | undefined>;
  /** Creates an object in the namespace, of any kind whose plural ends in a plain s. */
  create(manifest: { readonly apiVersion: string; readonly kind: string }): Promise<void>;
  /** Follows a log line by line until it ends or `signal` fires. @throws where there is nothing to follow. */
  follow(pod: string, container: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
  /** Runs a program in a pod and gives its stdout. @throws all that it said, where it fails. */
  exec(pod: string, container: string, ...command: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Opens the cluster that redfirst gave this suite. */
export async function openCluster(): Promise<Cluster> {
  const { namespace, runtime, kubectl: program } = suiteEnvironment();
  if (namespace === '') throw new Error('there is no cluster in this environment: demand grade virt for the suite');
  const socketPath = join(runtime, `api-${process.pid}.sock`);
  const proxy = await startProxy(program, socketPath);

  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const signal = AbortSignal.timeout(REQUEST_DEADLINE_MS);
    const response = await send({ socketPath, method, path, signal }, body);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return { status: response.statusCode ?? 0, body: text };
  };
  return {
    namespace,
    socketPath,
    ask,
    get: async (path) => {
      const answer = await ask('GET', path);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.body}`);
      return JSON.parse(answer.body);
    },
    create: async (manifest) => {
      const { apiVersion, kind } = manifest;
      const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const path = `${group}/namespaces/${namespace}/${kind.toLowerCase()}s`;
      const answer = await ask('POST', path, manifest);
      if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.body}`);
    },
    follow: async (pod, container, onLine, signal) => {
      const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?follow=true&container=${container}`;
      const response = await send({ socketPath, method: 'GET', path, signal });
      if (response.statusCode !== 200) throw new Error(`GET ${path}: ${response.statusCode} ${await textOf(response)}`);
      let unfinished = '';
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = (unfinished + chunk).split('\n');
        unfinished = lines.pop() ?? '';
        for (const line of lines) onLine(line.replace(/\r$/, ''));
      }
    },
    exec: (pod, container, ...command) =>
      kubectl(['exec', pod, '--container', container, '--', ...command], { deadlineMs: 60_000 }),
    close: proxy.stop,
  };
}

/** Starts `kubectl proxy` and waits until it serves. */
async function startProxy(program: string, socketPath: string): Promise<{ stop(): Promise<void> }> {
  const child = spawn(program, ['proxy', `--unix-socket=${socketPath}`], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`it ended with ${code ?? signal}`));
  });
  let said = '';
  const serves = new Promise<undefined>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        if (said.includes('Starting to serve')) resolve(undefined);
      });
  });
  const why = await Promise.race([serves, ended]);
  if (why !== undefined) throw new Error(`${program} proxy does not serve: ${why}; ${said.trim()}`);
  return {
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

interface Request {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly signal: AbortSignal;
}

function send(options: Request, body?: unknown): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, headers: { 'content-type': 'application/json' } }, resolve);
    sent.once('error', (error) => reject(new Error(`${options.method} ${options.path}: ${error.message}`)));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

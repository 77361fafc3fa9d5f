import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { type KubeApi, kubeApi } from '../../../../src/environment/kubernetes/api.ts';

export interface Asked {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly contentType: string;
  readonly body: unknown;
}

/** What is answered: JSON with status 200 unless `status` names another; text where `text` is given; `raw` has the response itself. */
export type Answer =
  | { readonly json: unknown; readonly status?: number }
  | { readonly text: string; readonly status?: number }
  | { readonly raw: (response: ServerResponse) => void };

export interface FakeApi {
  readonly api: KubeApi;
  readonly socket: string;
  readonly asked: Asked[];
  /** From now on nobody answers. */
  close(): Promise<void>;
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A real HTTP server on a unix socket in the place of `kubectl proxy`: the failures of an API server cannot be had from a real one. */
export async function fakeApi(answer: (asked: Asked) => Answer | undefined): Promise<FakeApi> {
  const dir = mkdtempSync(join(tmpdir(), 'rf-api-'));
  const socket = join(dir, 'kube.sock');
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const question: Asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      contentType: request.headers['content-type'] ?? '',
      body: await readBody(request),
    };
    asked.push(question);
    send(response, answer(question) ?? notFound(question.path));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(dir, { recursive: true, force: true });
  };
  open.push(close);
  return { api: kubeApi(socket), socket, asked, close };
}

/** A Status object, as the API server refuses with. */
export function refusal(code: number, reason: string, message: string): Answer {
  return { status: code, json: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code } };
}

export function notFound(path: string): Answer {
  return refusal(404, 'NotFound', `${path} not found`);
}

export function list(...items: unknown[]): Answer {
  return { json: { kind: 'List', apiVersion: 'v1', items } };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

function send(response: ServerResponse, answer: Answer): void {
  if ('raw' in answer) {
    answer.raw(response);
    return;
  }
  const json = 'json' in answer;
  response.writeHead(answer.status ?? 200, { 'content-type': json ? 'application/json' : 'text/plain' });
  response.end(json ? JSON.stringify(answer.json) : answer.text);
}

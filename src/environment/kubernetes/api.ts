import { request as httpRequest } from 'node:http';
import { fail, ok, type Result } from '../../domain/failure.ts';

/** Why the API gave no answer that counts. */
export interface ApiFailure {
  /** `unreachable`: no answer at all, or one of the proxy in its place. `denied`: the credentials do not do. `status`: any other refusal. */
  readonly kind: 'unreachable' | 'denied' | 'status';
  /** HTTP status; 0 where there was none. */
  readonly status: number;
  /** `reason` of the Status object: NotFound, AlreadyExists, Invalid … */
  readonly reason: string;
  readonly message: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With query, e.g. `/api/v1/namespaces?labelSelector=a%3Db`. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** 10 s unless named. */
  readonly deadlineMs?: number;
}

/** A Kubernetes API server, through the unix socket of `kubectl proxy`. */
export interface KubeApi {
  /** The decoded JSON of the answer. */
  send<T = unknown>(request: ApiRequest): Promise<Result<T, ApiFailure>>;
  get<T = unknown>(path: string, deadlineMs?: number): Promise<Result<T, ApiFailure>>;
  /** The answer as text: logs, `/readyz`. */
  text(path: string, deadlineMs?: number): Promise<Result<string, ApiFailure>>;
}

const DEADLINE_MS = 10_000;
/** More of an answer is not held: a whole cluster's pods are a few MiB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Talks to the API server behind a socket that `kubectl proxy` serves. Nothing is retried: whoever asks knows whether it may be asked twice. */
export function kubeApi(socketPath: string): KubeApi {
  const text = async (request: ApiRequest): Promise<Result<string, ApiFailure>> => {
    const answer = await exchange(socketPath, request);
    if (!answer.ok) return answer;
    const { status, body } = answer.value;
    return status >= 200 && status < 300 ? ok(body) : fail(refusal(status, body));
  };
  const send = async <T>(request: ApiRequest): Promise<Result<T, ApiFailure>> => {
    const body = await text(request);
    if (!body.ok) return body;
    try {
      return ok(JSON.parse(body.value) as T);
    } catch {
      return fail(unreachable(`the answer to ${request.method} ${request.path} is no JSON`));
    }
  };
  return {
    send,
    get: (path, deadlineMs = DEADLINE_MS) => send({ method: 'GET', path, deadlineMs }),
    text: (path, deadlineMs = DEADLINE_MS) => text({ method: 'GET', path, deadlineMs }),
  };
}

function exchange(
  socketPath: string,
  { method, path, body, contentType = 'application/json', deadlineMs = DEADLINE_MS }: ApiRequest,
): Promise<Result<{ status: number; body: string }, ApiFailure>> {
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const headers = {
    // `kubectl proxy` answers to the names of this host alone.
    host: 'localhost',
    ...(payload === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
  };
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(deadlineMs);
    const call = httpRequest({ socketPath, method, path, headers, signal }, (response) => {
      const chunks: Buffer[] = [];
      let held = 0;
      response.on('data', (chunk: Buffer) => {
        held += chunk.length;
        if (held > MAX_BYTES) call.destroy(new Error(`the answer is larger than ${MAX_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve(ok({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') })),
      );
      response.on('error', (error) => resolve(fail(unreachable(error.message))));
    });
    call.on('error', (error) => {
      const why = signal.aborted ? `no answer within ${deadlineMs / 1000} s` : error.message;
      resolve(fail(unreachable(`${method} ${path}: ${why}`)));
    });
    call.end(payload);
  });
}

function unreachable(message: string): ApiFailure {
  return { kind: 'unreachable', status: 0, reason: '', message };
}

/** `kubectl proxy` answers 502 in the API server's place when that is gone. */
function refusal(status: number, body: string): ApiFailure {
  let reason = '';
  let message = body.trim().slice(0, 2000);
  try {
    const parsed = JSON.parse(body) as { reason?: unknown; message?: unknown };
    if (typeof parsed.reason === 'string') reason = parsed.reason;
    if (typeof parsed.message === 'string') message = parsed.message;
  } catch {
    // Not every answer is a Status object: /readyz and the proxy speak plain text.
  }
  const kind =
    status === 502 || status === 503 || status === 504
      ? 'unreachable'
      : status === 401 || status === 403
        ? 'denied'
        : 'status';
  return { kind, status, reason, message: message === '' ? `HTTP ${status}` : message };
}

import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '../domain/failure.ts';

/** An event of QEMU's, e.g. `{ event: 'STOP', data: {} }`. */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Why a QMP exchange failed. `refused` is QEMU's own answer, with its error class; the others are the connection's. */
export interface QmpFailure {
  readonly reason: 'unreachable' | 'timed-out' | 'closed' | 'protocol' | 'refused';
  readonly what: string;
  /** QEMU's error class, e.g. `CommandNotFound`; only for `refused`. */
  readonly class?: string;
}

export interface QmpClient {
  /** Runs one command and returns its answer. `deadlineMs` counts from the call; 5 s unless named. */
  execute(
    command: string,
    args?: Readonly<Record<string, unknown>>,
    deadlineMs?: number,
  ): Promise<Result<unknown, QmpFailure>>;
  /** Waits for the first event of that name since the connection was made; events seen before the call count. */
  waitForEvent(name: string, deadlineMs?: number): Promise<Result<QmpEvent, QmpFailure>>;
  /** Every event so far, in order. */
  readonly events: readonly QmpEvent[];
  close(): void;
}

const DEFAULT_DEADLINE_MS = 5000;
const RETRY_MS = 20;
/** Longest line that is believed to be QMP; `query-qmp-schema` is about 200 KiB. */
const MAX_LINE = 16 * 1024 * 1024;

type Settle = (result: Result<unknown, QmpFailure>) => void;

/**
 * Connects to a QMP server on a unix socket and negotiates capabilities (QEMU's `docs/interop/qmp-spec`: greeting,
 * `qmp_capabilities`, then commands). QEMU serves one client at a time: close it when done.
 *
 * @param deadlineMs for greeting and negotiation together.
 */
export async function connectQmp(
  socketPath: string,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<Result<QmpClient, QmpFailure>> {
  const began = Date.now();
  const session = new QmpSession(connect(socketPath), socketPath);
  const greeted = await session.greeting(deadlineMs);
  if (!greeted.ok) {
    session.close();
    return greeted;
  }
  const agreed = await session.execute('qmp_capabilities', {}, Math.max(1, deadlineMs - (Date.now() - began)));
  if (!agreed.ok) {
    session.close();
    return agreed;
  }
  return ok(session);
}

/** As `connectQmp`, for a QEMU that is still starting: tries again until its socket is there and listens. */
export async function awaitQmp(socketPath: string, deadlineMs: number): Promise<Result<QmpClient, QmpFailure>> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const leftMs = until - performance.now();
    const connected = await connectQmp(socketPath, Math.max(1, Math.ceil(leftMs)));
    if (connected.ok || connected.failure.reason !== 'unreachable' || leftMs <= RETRY_MS) return connected;
    await sleep(RETRY_MS);
  }
}

class QmpSession implements QmpClient {
  readonly events: QmpEvent[] = [];
  private readonly socket: Socket;
  private readonly path: string;
  private buffered = '';
  private nextId = 1;
  private readonly pending = new Map<number | 'greeting', Settle>();
  private readonly waiting = new Set<() => void>();
  private broken: QmpFailure | undefined;
  private greetingSeen = false;

  constructor(socket: Socket, path: string) {
    this.socket = socket;
    this.path = path;
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => this.read(String(chunk)));
    socket.on('error', (error) => this.break('unreachable', `cannot talk to QEMU at ${path}: ${error.message}`));
    socket.on('close', () => this.break('closed', `QEMU closed the connection at ${path}`));
  }

  greeting(deadlineMs: number): Promise<Result<unknown, QmpFailure>> {
    return this.settled('greeting', 'the greeting', deadlineMs);
  }

  execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    deadlineMs = DEFAULT_DEADLINE_MS,
  ): Promise<Result<unknown, QmpFailure>> {
    const id = this.nextId++;
    const answer = this.settled(id, `an answer to ${command}`, deadlineMs);
    if (this.broken === undefined) this.socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    return answer;
  }

  async waitForEvent(name: string, deadlineMs = DEFAULT_DEADLINE_MS): Promise<Result<QmpEvent, QmpFailure>> {
    const until = Date.now() + deadlineMs;
    for (;;) {
      const found = this.events.find(({ event }) => event === name);
      if (found !== undefined) return ok(found);
      if (this.broken !== undefined) return fail(this.broken);
      const leftMs = until - Date.now();
      if (leftMs <= 0) return fail(this.late(`event ${name}`, deadlineMs));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, leftMs);
        const waiting = this.waiting;
        function done(): void {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
  }

  close(): void {
    this.break('closed', `the connection to ${this.path} was closed`);
  }

  private settled(key: number | 'greeting', what: string, deadlineMs: number): Promise<Result<unknown, QmpFailure>> {
    if (this.broken !== undefined) return Promise.resolve(fail(this.broken));
    if (key === 'greeting' && this.greetingSeen) return Promise.resolve(ok({}));
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.pending.delete(key);
        resolve(fail(this.late(what, deadlineMs)));
      }, deadlineMs);
      this.pending.set(key, (result) => {
        clearTimeout(timer);
        this.pending.delete(key);
        resolve(result);
      });
    });
  }

  private late(what: string, deadlineMs: number): QmpFailure {
    return {
      reason: 'timed-out',
      what: `QEMU at ${this.path} sent no ${what.replace(/^(an?|the) /, '')} in ${deadlineMs} ms`,
    };
  }

  private break(reason: QmpFailure['reason'], what: string): void {
    if (this.broken !== undefined) return;
    this.broken = { reason, what };
    this.socket.destroy();
    for (const settle of [...this.pending.values()]) settle(fail(this.broken));
    for (const wake of [...this.waiting]) wake();
  }

  private read(chunk: string): void {
    this.buffered += chunk;
    for (;;) {
      const end = this.buffered.indexOf('\n');
      if (end < 0) break;
      const line = this.buffered.slice(0, end).trim();
      this.buffered = this.buffered.slice(end + 1);
      if (line !== '') this.understand(line);
    }
    if (this.buffered.length > MAX_LINE) this.break('protocol', `${this.path} sends something that is not QMP`);
  }

  private understand(line: string): void {
    const message = parseObject(line);
    if (message === undefined) {
      this.break('protocol', `${this.path} sent a line that is not a QMP message: ${line.slice(0, 200)}`);
    } else if ('QMP' in message) {
      this.greetingSeen = true;
      this.pending.get('greeting')?.(ok(message['QMP']));
    } else if (typeof message['event'] === 'string') {
      this.events.push({ event: message['event'], data: parseRecord(message['data']) });
      for (const wake of [...this.waiting]) wake();
    } else if (typeof message['id'] === 'number') {
      this.pending.get(message['id'])?.('error' in message ? fail(refusal(message['error'])) : ok(message['return']));
    }
  }
}

function refusal(error: unknown): QmpFailure {
  const { class: errorClass, desc } = parseRecord(error);
  return { reason: 'refused', what: `QEMU refused: ${String(desc)}`, class: String(errorClass) };
}

function parseRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? parseRecord(value) : undefined;
  } catch {
    return undefined;
  }
}

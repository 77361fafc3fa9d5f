import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitQmp, connectQmp } from '../../../src/environment/qmp.ts';

/** Answers as QEMU does (docs/interop/qmp-spec), or as the test wants. The real one is in test/environments. */
let dir: string;
let path: string;
let server: Server | undefined;
const sockets = new Set<Socket>();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rf-qmp-'));
  path = join(dir, 'qmp');
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
  rmSync(dir, { recursive: true, force: true });
});

const GREETING = '{"QMP": {"version": {}, "capabilities": ["oob"]}}\r\n';

async function serve(greeting: string, answer: (command: string, id: number, socket: Socket) => string): Promise<void> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.write(greeting);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const line of String(chunk)
        .split('\n')
        .filter((text) => text !== '')) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number };
        socket.write(answer(execute, id, socket));
      }
    });
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
}

const answerAll = (_: string, id: number): string => `{"return": {}, "id": ${id}}\r\n`;

async function connected() {
  const qmp = await connectQmp(path, 10_000);
  if (!qmp.ok) throw new Error(qmp.failure.what);
  return qmp.value;
}

describe('connectQmp', () => {
  it('negotiates capabilities first, then executes', async () => {
    const commands: string[] = [];
    await serve(GREETING, (command, id) => {
      commands.push(command);
      return `{"return": {"status": "running"}, "id": ${id}}\r\n`;
    });
    const qmp = await connected();
    expect(await qmp.execute('query-status')).toEqual({ ok: true, value: { status: 'running' } });
    expect(commands).toEqual(['qmp_capabilities', 'query-status']);
    qmp.close();
  });

  it('says that nobody listens', async () => {
    expect(await connectQmp(path)).toEqual({
      ok: false,
      failure: { reason: 'unreachable', what: `cannot talk to QEMU at ${path}: connect ENOENT ${path}` },
    });
  });

  it('does not wait for ever for a greeting: QEMU serves one client at a time', async () => {
    await serve('', answerAll);
    expect(await connectQmp(path, 50)).toEqual({
      ok: false,
      failure: { reason: 'timed-out', what: `QEMU at ${path} sent no greeting in 50 ms` },
    });
  });

  it('refuses what is not QMP', async () => {
    await serve('SSH-2.0-OpenSSH\r\n', answerAll);
    expect(await connectQmp(path, 10_000)).toEqual({
      ok: false,
      failure: { reason: 'protocol', what: `${path} sent a line that is not a QMP message: SSH-2.0-OpenSSH` },
    });
  });
});

describe('awaitQmp', () => {
  it('waits for a QEMU that is still starting', async () => {
    setTimeout(() => void serve(GREETING, answerAll), 60);
    const qmp = await awaitQmp(path, 30_000);
    expect(qmp.ok).toBe(true);
    if (qmp.ok) qmp.value.close();
  });

  it('gives up at its deadline', async () => {
    expect(await awaitQmp(path, 50)).toMatchObject({ ok: false, failure: { reason: 'unreachable' } });
  });
});

describe('QmpClient', () => {
  it('matches answers to commands whatever their order', async () => {
    const held: string[] = [];
    await serve(GREETING, (command, id) => {
      if (command === 'first') held.push(`{"return": 1, "id": ${id}}\r\n`);
      return command === 'first' ? '' : `{"return": 2, "id": ${id}}\r\n${held.splice(0).join('')}`;
    });
    const qmp = await connected();
    expect(await Promise.all([qmp.execute('first'), qmp.execute('second')])).toEqual([
      { ok: true, value: 1 },
      { ok: true, value: 2 },
    ]);
    qmp.close();
  });

  it('returns a refusal with its class', async () => {
    await serve(GREETING, (command, id) =>
      command === 'qmp_capabilities'
        ? answerAll(command, id)
        : `{"id": ${id}, "error": {"class": "CommandNotFound", "desc": "no such thing"}}\n`,
    );
    const qmp = await connected();
    expect(await qmp.execute('dance')).toEqual({
      ok: false,
      failure: { reason: 'refused', what: 'QEMU refused: no such thing', class: 'CommandNotFound' },
    });
    qmp.close();
  });

  it('has a deadline for an answer, and survives it', async () => {
    await serve(GREETING, (command, id) => (command === 'hang' ? '' : answerAll(command, id)));
    const qmp = await connected();
    expect(await qmp.execute('hang', {}, 40)).toEqual({
      ok: false,
      failure: { reason: 'timed-out', what: `QEMU at ${path} sent no answer to hang in 40 ms` },
    });
    expect((await qmp.execute('fine')).ok).toBe(true);
    qmp.close();
  });

  it('collects events, those before the wait included', async () => {
    await serve(
      GREETING,
      (command, id) => `{"event": "STOP", "data": {"by": "${command}"}}\r\n${answerAll(command, id)}`,
    );
    const qmp = await connected();
    await qmp.execute('stop');
    expect(await qmp.waitForEvent('STOP')).toEqual({
      ok: true,
      value: { event: 'STOP', data: { by: 'qmp_capabilities' } },
    });
    expect(qmp.events.map(({ data }) => data['by'])).toEqual(['qmp_capabilities', 'stop']);
    expect(await qmp.waitForEvent('RESUME', 30)).toEqual({
      ok: false,
      failure: { reason: 'timed-out', what: `QEMU at ${path} sent no event RESUME in 30 ms` },
    });
    qmp.close();
  });

  it('ends everything that waits when QEMU goes away', async () => {
    await serve(GREETING, (command, id, socket) => {
      if (command === 'quit') socket.destroy();
      return command === 'quit' ? '' : answerAll(command, id);
    });
    const qmp = await connected();
    const closed = { ok: false, failure: { reason: 'closed', what: `QEMU closed the connection at ${path}` } };
    expect(await Promise.all([qmp.waitForEvent('NEVER', 60_000), qmp.execute('quit', {}, 60_000)])).toEqual([
      closed,
      closed,
    ]);
    expect(await qmp.execute('query-status')).toEqual(closed);
  });
});

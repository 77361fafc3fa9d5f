import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';

/** Of RFC 6455, 5.2. */
const OPCODE = { binary: 2, close: 8, ping: 9, pong: 10 };
const CONTROL = 0x8;
const OPEN_DEADLINE_MS = 30_000;

export interface WebSocket {
  /** As a binary message: KubeVirt passes over every other. */
  send(text: string): void;
  close(): void;
}

export interface WebSocketOptions {
  /** Unix socket of a server that speaks HTTP. */
  readonly socketPath: string;
  readonly path: string;
  readonly protocol: string;
}

/**
 * Opens a web socket (RFC 6455) through a unix socket, as far as KubeVirt's consoles need it: Node 20 has none, and `virtctl console`
 * wants a terminal.
 *
 * @param onText gets what arrives, in pieces of any size
 * @throws what the server answers instead
 */
export async function openWebSocket(options: WebSocketOptions, onText: (text: string) => void): Promise<WebSocket> {
  const { socket, head } = await upgrade(options);
  const decoder = new TextDecoder();
  let pending = head;
  const read = (): void => {
    for (let frame = takeFrame(pending); frame !== undefined; frame = takeFrame(pending)) {
      pending = frame.rest;
      if (frame.opcode === OPCODE.ping) socket.write(frameOf(OPCODE.pong, frame.payload));
      else if (frame.opcode < CONTROL) onText(decoder.decode(frame.payload, { stream: true }));
    }
  };
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    read();
  });
  // A console that ends is seen by what does not come any more.
  socket.on('error', () => undefined);
  read();
  return {
    send: (text) => socket.write(frameOf(OPCODE.binary, Buffer.from(text))),
    close: () => socket.end(frameOf(OPCODE.close, Buffer.alloc(0))),
  };
}

function upgrade({ socketPath, path, protocol }: WebSocketOptions): Promise<{ socket: Duplex; head: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-key': randomBytes(16).toString('base64'),
      'sec-websocket-version': '13',
      'sec-websocket-protocol': protocol,
    };
    const sent = request({ socketPath, path, headers, timeout: OPEN_DEADLINE_MS });
    sent.once('upgrade', (_response, socket, head) => resolve({ socket, head }));
    sent.once('response', (response) => {
      response.resume();
      reject(new Error(`${path}: no web socket, but ${response.statusCode} ${response.statusMessage}`));
    });
    sent.once('timeout', () => sent.destroy(new Error(`${path}: no answer in ${OPEN_DEADLINE_MS / 1000} s`)));
    sent.once('error', reject);
    sent.end();
  });
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly rest: Buffer;
}

/** The first whole frame; a server's frames are not masked. */
function takeFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < start + length) return undefined;
  const payload = bytes.subarray(start, start + length);
  return { opcode: bytes.readUInt8(0) & 0xf, payload, rest: bytes.subarray(start + length) };
}

/** One whole frame, masked as a client's must be. What is sent here is never longer than 64 KiB. */
function frameOf(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const length =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  const masked = payload.map((byte, at) => byte ^ mask.readUInt8(at % 4));
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, masked]);
}

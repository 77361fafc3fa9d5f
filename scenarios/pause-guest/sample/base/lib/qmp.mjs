import { connect } from 'node:net';

const DEADLINE_MS = 10_000;

/**
 * Sends commands to a guest's QMP socket, one after the other, and resolves to the last answer.
 * Rejects when nobody listens, when QEMU refuses one, or after ten seconds.
 */
export function askQemu(socketPath, ...commands) {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.setEncoding('utf8');
    socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error(`QEMU at ${socketPath} does not answer`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`QEMU at ${socketPath} closed the connection`)));
    // The greeting asks for the first command, and every answer for the next.
    const waiting = ['qmp_capabilities', ...commands];
    const read = (message) => {
      if (message.event !== undefined) return;
      if (message.error !== undefined) reject(new Error(message.error.desc));
      else if (waiting.length === 0) resolve(message.return);
      else {
        socket.write(`${JSON.stringify({ execute: waiting.shift() })}\n`);
        return;
      }
      socket.destroy();
    };
    let text = '';
    socket.on('data', (chunk) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop();
      for (const line of lines) read(JSON.parse(line));
    });
  });
}

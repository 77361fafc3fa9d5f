import { connect } from 'node:net';

/**
 * A QMP client that shares no code with vmctl, so that a test does not believe vmctl about itself.
 * Collects events from the moment it is connected.
 */
export async function observe(socketPath) {
  const socket = connect(socketPath);
  socket.setEncoding('utf8');
  const events = [];
  const waiting = [];
  let failure;
  const closed = new Promise((resolve) => {
    socket.once('error', (error) => {
      failure = error;
    });
    socket.once('close', () => {
      failure ??= new Error(`QEMU at ${socketPath} closed the connection`);
      for (const { reject } of waiting.splice(0)) reject(failure);
      resolve();
    });
  });
  const answer = () =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) reject(failure);
      else waiting.push({ resolve, reject });
    });
  let text = '';
  socket.on('data', (chunk) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop();
    for (const message of lines.map((line) => JSON.parse(line))) {
      if (message.event !== undefined) events.push(message.event);
      else waiting.shift()?.resolve(message);
    }
  });
  const ask = async (command) => {
    const answered = answer();
    socket.write(`${JSON.stringify({ execute: command })}\n`);
    return (await answered).return;
  };
  await answer();
  await ask('qmp_capabilities');
  return {
    events,
    ask,
    status: async () => (await ask('query-status')).status,
    close: () => socket.destroy(),
    quit: async () => {
      // QEMU may be gone before its answer is read.
      await ask('quit').catch(() => undefined);
      await closed;
    },
  };
}

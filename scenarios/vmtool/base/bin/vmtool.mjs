#!/usr/bin/env node
import { readArguments } from '../lib/arguments.mjs';
import { connectCluster } from '../lib/cluster.mjs';
import { COMMANDS } from '../lib/commands.mjs';
import { EXIT_STATUS, Refusal } from '../lib/refusal.mjs';

function answer(value, status = 0) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  process.exitCode = status;
}

try {
  const { command, name, namespace, options } = readArguments(process.argv.slice(2), COMMANDS, process.env);
  const cluster = connectCluster(process.env);
  const said = await COMMANDS[command].run({ cluster, name, namespace, options });
  answer({ ok: true, vm: name, ...said });
} catch (error) {
  // Whatever is no refusal is a bug; it keeps the promise of one line all the same.
  const code = error instanceof Refusal ? error.code : 'internal-error';
  answer({ ok: false, error: { code, message: error.message } }, EXIT_STATUS[code]);
}

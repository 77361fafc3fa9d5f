import { parseArgs } from 'node:util';
import { Refusal } from './refusal.mjs';

/** Options of every command. */
const COMMON = { namespace: { type: 'string' } };

/** What the API server takes for a name (RFC 1123 label). */
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads `COMMAND NAME [--option value …]`.
 * @param commands what vmtool can do: per command its `usage` and, as `parseArgs` takes them, its `options`.
 * @throws Refusal `unknown-command` or `bad-usage`.
 */
export function readArguments([command, ...rest], commands, env) {
  if (!Object.hasOwn(commands, command ?? '')) {
    const known = Object.keys(commands).join(', ');
    throw new Refusal('unknown-command', `vmtool has no command ${command ?? '(none given)'}; it has ${known}`);
  }
  const { usage, options = {} } = commands[command];
  const refuse = (why) => new Refusal('bad-usage', `${why}; usage: vmtool ${usage}`);
  const { values, positionals } = parse(rest, { ...COMMON, ...options }, refuse);
  const [name, ...more] = positionals;
  if (name === undefined) throw refuse('the name of the VM is missing');
  if (!NAME.test(name)) throw refuse(`${JSON.stringify(name)} is not a name`);
  if (more.length > 0) throw refuse(`one VM at a time, not also ${more.join(', ')}`);
  const { namespace = env.REDFIRST_NAMESPACE || 'default', ...own } = values;
  if (!NAME.test(namespace)) throw refuse(`${JSON.stringify(namespace)} is not a namespace`);
  return { command, name, namespace, options: own };
}

function parse(args, options, refuse) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    // What Node says after the first sentence is advice for other programs.
    throw refuse(error.message.split('. ')[0]);
  }
}

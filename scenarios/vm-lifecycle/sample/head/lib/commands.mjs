import { create } from './commands/create.mjs';
import { remove } from './commands/delete.mjs';
import { restart } from './commands/restart.mjs';
import { start } from './commands/start.mjs';
import { status } from './commands/status.mjs';
import { stop } from './commands/stop.mjs';

/** What vmtool can do. `run` gets `{ cluster, name, namespace, options }` and resolves with what is answered besides the name. */
export const COMMANDS = { create, status, start, stop, restart, delete: remove };

import { create } from './commands/create.mjs';
import { remove } from './commands/delete.mjs';
import { migrate } from './commands/migrate.mjs';
import { status } from './commands/status.mjs';

/** What vmtool can do. `run` gets `{ cluster, name, namespace, options }` and resolves with what is answered besides the name. */
export const COMMANDS = { create, status, migrate, delete: remove };

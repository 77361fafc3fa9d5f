import type { CommandMain } from './command.ts';
import { main as importReports } from './import.ts';

export { startCommand } from './start-command.ts';

/** The command that reads reports of every runner, which the others need not load. */
export const mains: Readonly<Record<string, CommandMain>> = { import: importReports };

import type { CommandMain } from './command.ts';
import { main as completion } from './completion.ts';
import { main as exportReports } from './export.ts';
import { main as show } from './show.ts';
import { main as status } from './status.ts';
import { main as verify } from './verify.ts';

export { refuse, startCommand } from './start-command.ts';
export { unknownCommand } from './unknown-command.ts';

/** The commands that need the record alone. What reads configuration or starts processes does not belong here. */
export const mains: Readonly<Record<string, CommandMain>> = { status, show, verify, export: exportReports, completion };

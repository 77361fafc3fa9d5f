import type { CommandMain } from './command.ts';
import { main as corners } from './corners.ts';
import { main as judge } from './judge.ts';
import { main as pr } from './pr.ts';
import { main as stub } from './stub.ts';

export { refuse, startCommand } from './start-command.ts';

/** Commands that say what a change's tests show; they load the parsers of source text. */
export const mains: Readonly<Record<string, CommandMain>> = { corners, judge, pr, stub };

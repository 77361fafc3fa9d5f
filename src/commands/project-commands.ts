import { main as cluster } from './cluster.ts';
import type { CommandMain } from './command.ts';
import { main as doctor } from './doctor.ts';
import { main as green } from './green.ts';
import { main as init } from './init.ts';
import { main as plan } from './plan.ts';
import { main as prove } from './prove.ts';
import { main as prune } from './prune.ts';
import { main as red } from './red.ts';
import { main as run } from './run.ts';

export { startCommand } from './start-command.ts';

/** The commands that need the project: its configuration, its commits, its runners. */
export const mains: Readonly<Record<string, CommandMain>> = {
  init,
  doctor,
  cluster,
  plan,
  red,
  green,
  run,
  prove,
  prune,
};

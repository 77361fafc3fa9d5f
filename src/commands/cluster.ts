import { EXIT, type ExitCode, type Failure } from '../domain/failure.ts';
import { bakeNodeImage } from './cluster-bake.ts';
import { listClusters, takeClusterDown } from './cluster-down.ts';
import { snapshotCluster } from './cluster-snapshot.ts';
import { bringClusterUp } from './cluster-up.ts';
import type { CommandInput, CommandMain } from './command.ts';

const ACTIONS: Readonly<Record<string, (input: CommandInput, profile: string | undefined) => Promise<ExitCode>>> = {
  up: bringClusterUp,
  inspect: bringClusterUp,
  down: takeClusterDown,
  list: listClusters,
  snapshot: snapshotCluster,
  bake: bakeNodeImage,
};

/** `redfirst cluster ACTION [PROFILE]`: makes, removes, lists and identifies environments that outlive a run. */
export const main: CommandMain = async (input) => {
  const [action = '', profile] = input.operands;
  const run = ACTIONS[action];
  if (run !== undefined) return run(input, profile);
  const failure: Failure = {
    reason: 'usage',
    what: `there is no action ${JSON.stringify(action)}`,
    next: `one of ${Object.keys(ACTIONS).join(', ')}: redfirst cluster up kind-kubevirt`,
    exit: EXIT.usage,
  };
  input.out.failure(failure);
  return failure.exit;
};

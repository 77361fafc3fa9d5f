import type { RunRecord } from '../domain/run-record.ts';
import type { EvidenceStore } from '../evidence/store.ts';

/** What a diagnosis calls the file that names what went wrong first (see `environment/kubernetes/diagnose.ts`). */
const LIKELY_CAUSE = /(?:^|\/)likely-cause\.txt$/;
/** A diagnosis names few causes; more is not read. */
const MAX_CAUSES = 5;

export interface LikelyCause {
  readonly suite: string;
  readonly attempt: number;
  readonly causes: readonly string[];
}

/** What the environment's diagnosis says of each attempt that had one, the nearest cause first. */
export async function likelyCausesOf(store: EvidenceStore, { suites }: RunRecord): Promise<LikelyCause[]> {
  const found: LikelyCause[] = [];
  for (const { suite, attempts } of suites) {
    for (const { attempt, artifacts } of attempts) {
      const named = artifacts.find(({ name }) => LIKELY_CAUSE.test(name));
      if (named === undefined) continue;
      const chunks: Uint8Array[] = [];
      for await (const chunk of store.readArtifact(named.sha256)) chunks.push(chunk);
      const causes = Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean);
      found.push({ suite, attempt, causes: causes.slice(0, MAX_CAUSES) });
    }
  }
  return found;
}

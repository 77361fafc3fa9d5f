import { missingOf } from '../domain/compile-unit.ts';
import { ok, type Result } from '../domain/failure.ts';
import type { MissingName, Observation } from '../domain/observation.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { headChanges } from '../git/boundary.ts';
import type { ChangedPath } from '../git/changed-paths.ts';
import type { Repository } from '../git/open-repository.ts';
import { roleOf } from '../git/path-roles.ts';
import { readBlobs } from '../git/read-blobs.ts';
import { keyOf, validReds } from '../proof/claim.ts';
import type { NameFacts, ProofRun } from '../proof/proof-facts.ts';
import type { PreparedCorner } from './prepare-corner.ts';

/**
 * The names that the newest valid run at R misses, and what R..H does about each, by syntax in the files that it changes.
 * Undefined where nothing was red by a missing name: then no parser is loaded.
 */
export async function gatherNames(
  repo: Repository,
  store: EvidenceStore,
  redRuns: readonly ProofRun[],
  { commits, files }: PreparedCorner,
): Promise<Result<NameFacts | undefined>> {
  const run = validReds({ redRuns }).atRed.at(-1);
  const compile = new Set(run?.cases.filter(({ code }) => code === 'red/compile').map(keyOf));
  if (run === undefined || compile.size === 0 || commits.head === undefined) return ok(undefined);
  const pending = [...store.observations(run.record.run)].filter((observation) => compile.has(keyOf(observation)));
  const wanted = distinctMissing(pending);
  const cut = pending.some(({ failure }) => failure?.missingCut === true);
  const changes = await headChanges(repo, { ...commits, head: commits.head });
  if (!changes.ok) return changes;
  const ours = changes.value.filter(({ path }) => roleOf(files.roles, path) !== 'tests');
  const sources = await readSources(repo, ours, wanted);
  if (!sources.ok) return sources;
  const { definesMissing } = await import('../syntax/missing-names.ts');
  return ok({
    answers: await definesMissing(wanted, sources.value),
    cut,
    support: ours.map(({ path }) => path).filter((path) => roleOf(files.roles, path) === 'support'),
  });
}

/** The names that cases miss, each use of one once. */
export function distinctMissing(observations: readonly Observation[]): MissingName[] {
  const missing = new Map<string, MissingName>();
  for (const { failure } of observations) {
    for (const one of missingOf(failure)) {
      const key = JSON.stringify([one.kind, one.name, one.file, one.line]);
      if (!missing.has(key)) missing.set(key, one);
    }
  }
  return [...missing.values()];
}

interface ChangedText {
  readonly path: string;
  readonly oldText?: string;
  readonly newText?: string;
}

/** Both sides of each file; only those texts that hold a wanted name, since a change can bring thousands of vendored files. */
async function readSources(
  repo: Repository,
  changes: readonly ChangedPath[],
  missing: readonly MissingName[],
): Promise<Result<readonly ChangedText[]>> {
  const { languageOf } = await import('../syntax/language.ts');
  const read = changes.filter(({ path }) => languageOf(path) !== undefined);
  const texts = await readBlobs(
    repo,
    read.flatMap(({ oldBlob, newBlob }) => [oldBlob, newBlob]),
  );
  if (!texts.ok) return texts;
  const words = [...new Set(missing.map(({ name }) => /(\w+)\W*$/.exec(name)?.[1] ?? name))];
  const textOf = (blob: string): string => {
    const text = texts.value.get(blob) ?? '';
    return words.some((word) => text.includes(word)) ? text : '';
  };
  return ok(
    changes.map(({ path, oldBlob, newBlob }) => ({
      path,
      ...(oldBlob === '' ? {} : { oldText: textOf(oldBlob) }),
      ...(newBlob === '' ? {} : { newText: textOf(newBlob) }),
    })),
  );
}

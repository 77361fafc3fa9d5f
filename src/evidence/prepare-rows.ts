import { createHash, type Hash } from 'node:crypto';
import type { Sha256 } from '../domain/brand.ts';
import { canonicalJson } from '../domain/canonical.ts';
import type { EventOf, RowsDigest } from '../domain/event.ts';
import type { Observation } from '../domain/observation.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import type { SuiteName } from '../domain/vocabulary.ts';
import { cleanText, cleanValue } from './clean.ts';
import { BLOCK_ROWS, RowDigest } from './merkle.ts';
import type { Redactor } from './redaction.ts';
import {
  arePlain,
  codeOf,
  judgementOf,
  OUTCOMES,
  observationDetail,
  observationHead,
  observationTail,
  PLACES,
  quote,
  verdictRow,
} from './rows.ts';

/** An attempt's observations, cleaned, hashed and taken apart; made before the write lock is asked for. */
export interface PreparedObservations {
  readonly suite: SuiteName;
  readonly rows: RowsDigest;
  /** Digest of the identities in order; names the roster. */
  readonly sequence: Buffer;
  /** Identities (see rows.ts), one line each, by blocks: outside of the heap, where the collector need not copy them. */
  readonly identityBlocks: readonly Buffer[];
  /** Per row. */
  readonly outcomes: readonly number[];
  readonly places: readonly number[];
  readonly durationsUs: readonly number[];
  /** By ordinal; most rows have none. */
  readonly details: ReadonlyMap<number, string>;
}

/** The identities of an attempt, in order. */
export function identitiesOf({ identityBlocks }: PreparedObservations): string[] {
  return identityBlocks.flatMap((block) => block.toString('utf8', 0, block.length - 1).split('\n'));
}

export interface PreparedVerdicts {
  readonly suite: SuiteName;
  readonly rows: RowsDigest;
  readonly names: readonly string[];
  readonly judgements: readonly string[];
}

/** @throws {TypeError} for what no caller may hand over: another suite or attempt, a fraction, an unknown word. */
export function prepareObservations(
  body: Pick<EventOf<'attempt-finished'>, 'suite' | 'attempt'>,
  observations: Iterable<Observation>,
  redactor: Redactor,
): PreparedObservations {
  const head = observationHead(body.suite, body.attempt);
  const digest = new RowDigest();
  const sequence = sequenceHash(body.suite);
  const identityBlocks: Buffer[] = [];
  const outcomes: number[] = [];
  const places: number[] = [];
  const durationsUs: number[] = [];
  const details = new Map<number, string>();
  const take = (block: readonly Observation[]): void => {
    let kept = identitiesOfBlock(block);
    let names = `${kept.join('\n')}\n`;
    // One look at 256 names instead of 256 looks.
    if (redactor.hasSecret(names)) {
      kept = block.map((observation) => identityOf(observation, redactor));
      names = `${kept.join('\n')}\n`;
    }
    const bytes = Buffer.from(names, 'utf8');
    sequence.update(bytes);
    identityBlocks.push(bytes);
    let text = '';
    for (let i = 0; i < block.length; i++) {
      const observation = block[i] as Observation;
      demandSame(observation, body);
      const outcome = codeOf(OUTCOMES, observation.outcome);
      const place = codeOf(PLACES, observation.where);
      const more = observationDetail(observation);
      const detail = more === null ? null : canonicalJson(cleanValue(more, redactor));
      const identity = kept[i] as string;
      text += `${head}${identity}${observationTail(outcome, place, observation.durationUs, detail)}\n`;
      outcomes.push(outcome);
      places.push(place);
      if (detail !== null) details.set(durationsUs.length, detail);
      durationsUs.push(observation.durationUs);
    }
    digest.addBlock(text, block.length);
  };
  inBlocks(observations, take);
  const rows: RowsDigest = { root: digest.root() as Sha256, count: digest.count };
  return {
    suite: body.suite,
    rows,
    sequence: sequence.digest(),
    identityBlocks,
    outcomes,
    places,
    durationsUs,
    details,
  };
}

function demandSame({ suite, attempt, durationUs }: Observation, body: { suite: SuiteName; attempt: number }): void {
  if (suite !== body.suite || attempt !== body.attempt) {
    throw new TypeError(
      `an observation of ${suite} attempt ${attempt} in one of ${body.suite} attempt ${body.attempt}`,
    );
  }
  if (!Number.isSafeInteger(durationUs)) throw new TypeError(`durationUs is ${durationUs}`);
}

/** @throws {TypeError} where a verdict is of another suite. */
export function prepareVerdicts(
  suite: SuiteName,
  verdicts: Iterable<CaseVerdict>,
  redactor: Redactor,
): PreparedVerdicts {
  const digest = new RowDigest();
  const names: string[] = [];
  const judgements: string[] = [];
  for (const verdict of verdicts) {
    if (verdict.suite !== suite) throw new TypeError(`a verdict of ${verdict.suite} among those of ${suite}`);
    const name = redactor.redactSecrets(verdict.name.toWellFormed());
    const judgement = canonicalJson(cleanValue(judgementOf(verdict), redactor));
    digest.add(verdictRow(suite, name, judgement));
    names.push(name);
    judgements.push(judgement);
  }
  return { suite, rows: { root: digest.root() as Sha256, count: digest.count }, names, judgements };
}

/** Starts the digest that names a roster: SHA-256 over the suite and then the identities, one line each. */
export function sequenceHash(suite: SuiteName): Hash {
  return createHash('sha256').update(`${suite}\n`, 'utf8');
}

function identitiesOfBlock(block: readonly Observation[]): string[] {
  const texts: string[] = [];
  for (const { name, file } of block) texts.push(name, file ?? '');
  if (!arePlain(texts)) return block.map((observation) => identityOf(observation));
  return block.map(({ name, file, labels }) => {
    const more = labels === undefined ? 'null' : `[${labels.map(quote).join(',')}]`;
    return file === undefined ? `"${name}",null,${more}` : `"${name}","${file}",${more}`;
  });
}

type Identity = Pick<Observation, 'name' | 'file' | 'labels'>;

function identityOf({ name, file, labels }: Identity, redactor?: Redactor): string {
  const clean = (text: string): string => quote(cleanText(text, redactor));
  return `${clean(name)},${file === undefined ? 'null' : clean(file)},${labels === undefined ? 'null' : `[${labels.map(clean).join(',')}]`}`;
}

function inBlocks<T>(items: Iterable<T>, take: (block: readonly T[]) => void): void {
  let block: T[] = [];
  for (const item of items) {
    block.push(item);
    if (block.length === BLOCK_ROWS) {
      take(block);
      block = [];
    }
  }
  if (block.length > 0) take(block);
}

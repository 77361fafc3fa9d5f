import { compileUnit, liesInUnit } from '../domain/compile-unit.ts';
import type { CaseVerdict } from '../domain/verdict.ts';
import { driversOf, isStubbed, keyOf, validReds } from './claim.ts';
import type { NameAnswer, ProofFacts } from './proof-facts.ts';
import { holds, list, notRequired, type Reply, refuted, unproven } from './reply.ts';

const STUB =
  'declare the names without behaviour and run `redfirst red FEATURE --stub PATCH`; `redfirst stub FEATURE` proposes a patch';

/**
 * P07: what the tests miss at R is defined by R..H, and what was red by it alone is red by assertion at S. A name that R..H does
 * not add was missing for another reason than the feature; without S nothing shows more than that the tests did not build.
 */
export function proveNames(facts: ProofFacts): Reply {
  const { atRed, atStub } = validReds(facts);
  if (atRed.length === 0 && atStub.length > 0) {
    return unproven(
      `run ${atStub.at(-1)?.record.run} was made at S, and no valid run at R is recorded: what was missing there is not known`,
      'run `redfirst red FEATURE` without a stub, too',
    );
  }
  const pending = new Map(
    atRed.flatMap(({ cases }) => cases.filter(({ code }) => code === 'red/compile')).map((one) => [keyOf(one), one]),
  );
  if (pending.size === 0) return notRequired('no driver is red by a missing name');
  const { names } = facts;
  if (names === undefined || names.answers.length === 0) {
    return unproven(`red only by missing names: ${list([...pending.values()].map(({ detail }) => detail))}`, STUB);
  }
  return judgeUndefined(names.answers, names.support) ?? judgeStubbed(facts, [...pending.values()]);
}

/** What R..H does not define; undefined where it defines everything that syntax can tell. */
function judgeUndefined(answers: readonly NameAnswer[], support: readonly string[]): Reply | undefined {
  // Whether a value fits is for the compiler to say: a like name is there on both sides.
  const absent = answers.filter(({ answer, missing }) => answer === 'not-defined' && missing.kind !== 'signature');
  if (absent.length === 0) return undefined;
  const named = [...new Set(absent.map(describeUse))];
  if (support.length > 0) {
    return unproven(
      `not found in what R..H defines: ${list(named)}; it may come with ${list(support)}`,
      'show the names in a stub, which the compiler checks: `redfirst red FEATURE --stub PATCH`',
    );
  }
  return refuted(
    `R..H does not define ${list(named)}`,
    'mend the test, or put the name into the change: what stays missing says nothing about the feature',
  );
}

function judgeStubbed(facts: ProofFacts, pending: readonly CaseVerdict[]): Reply {
  const { answers, cut } = facts.names as NonNullable<ProofFacts['names']>;
  const defined = answers.filter(({ answer }) => answer !== 'not-defined');
  const where = [...new Set(defined.map(describeDefinition))];
  const run = validReds(facts).atStub.at(-1)?.record.run;
  const said = `${plural(new Set(answers.map(({ missing }) => missing.name)).size, 'missing name')}, defined by R..H: ${list(where)}`;
  const lastStub = facts.redRuns.filter((one) => isStubbed(one) && one.record.finished !== undefined).at(-1);
  const verdict = lastStub?.record.finished?.body.verdict;
  // A later stub that lets everything pass says more than an earlier one that did not.
  if (verdict?.code === 'vacuous') {
    return refuted(
      `run ${lastStub?.record.run} at S is vacuous: ${verdict.detail}`,
      'a refactoring shows no red: give the scenario `kind: refactor`, or write a test that fails without the behaviour',
    );
  }
  if (run === undefined) {
    const more = cut ? '; the compiler stopped before the end, so there may be more names' : '';
    const tried = verdict === undefined ? '' : `; run ${lastStub?.record.run} at S is ${verdict.code}`;
    return unproven(`weak: red by missing names alone; ${said}${more}${tried}`, STUB);
  }
  const drivers = [...driversOf(facts).values()];
  const without = pending.filter((one) => !drivers.some((driver) => settles(one, driver))).map(({ name }) => name);
  const rest = without.length === 0 ? '' : `; nothing red at S in ${list(without)}`;
  return holds(`${said}; red by assertion at S in run ${run}${rest}`);
}

/** Whether a driver is what a compile red turned out to be. */
function settles(compile: CaseVerdict, driver: CaseVerdict): boolean {
  if (driver.suite !== compile.suite || driver.code === 'red/compile') return false;
  const unit = compileUnit(compile.name);
  return unit === undefined ? driver.name === compile.name : liesInUnit(unit, driver.name);
}

function describeUse({ missing: { name, kind, file, line } }: NameAnswer): string {
  const what = kind === 'symbol' || kind === 'member' ? name : `${kind} ${name}`;
  return file === undefined ? what : `${what} (used at ${file}${line === undefined ? '' : `:${line}`})`;
}

function describeDefinition({ missing: { name }, place }: NameAnswer): string {
  return place === undefined ? name : `${name} at ${place.file}:${place.line}`;
}

const plural = (count: number, what: string): string => (count === 1 ? `1 ${what}` : `${count} ${what}s`);

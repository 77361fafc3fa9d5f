import { COMPARABLE_FACTS } from '../domain/environment.ts';
import type { Answer, ObligationCode, ObligationVerdict, ProofWord } from '../domain/proof.ts';
import { type EvidenceGrade, missingGrade } from '../domain/vocabulary.ts';
import { driversOf, findOutOfPattern, gradeOfSuite, keyOf, newestReds, validReds, validRuns } from './claim.ts';
import type { ProofFacts, ProofRun } from './proof-facts.ts';
import { proveGate } from './prove-gate.ts';
import { proveNames } from './prove-names.ts';
import { proveRed } from './prove-red.ts';
import { holds, list, notRequired, noValidRun, type Reply, RUN_GREEN, RUN_RED, refuted, unproven } from './reply.ts';
import { isRequired, OBLIGATIONS, TITLES } from './required.ts';

export interface Proof {
  readonly obligations: readonly ObligationVerdict[];
  /** The worst answer among the required ones. */
  readonly whole: Exclude<Answer, 'not required'>;
  readonly word: ProofWord;
  /** Evidence grade per suite. */
  readonly grades: Readonly<Record<string, EvidenceGrade>>;
  /** Whether the weakest grade reaches what policy asks for. */
  readonly gradeReached: boolean;
}

/** Judges every obligation; the whole is the worst that is required. Pure over evidence and git facts. */
export function proveObligations(facts: ProofFacts): Proof {
  const { kind } = facts.scenario;
  const obligations = OBLIGATIONS.map((code): ObligationVerdict => {
    const title = TITLES[code];
    if (!isRequired(code, kind)) return { code, title, ...notRequired(`not asked of a ${kind}`) };
    return { code, title, ...JUDGES[code](facts) };
  });
  const answers = obligations.map(({ answer }) => answer);
  const whole = answers.includes('refuted') ? 'refuted' : answers.includes('unproven') ? 'unproven' : 'holds';
  const grades = Object.fromEntries(facts.scenario.suites.map(({ suite }) => [suite, gradeOfSuite(facts, suite)]));
  const weakest = WEAKEST_FIRST.find((grade) => Object.values(grades).includes(grade)) ?? 'C';
  const gradeReached = WEAKEST_FIRST.indexOf(weakest) >= WEAKEST_FIRST.indexOf(facts.policyGrade);
  return { obligations, whole, word: whole === 'holds' ? WORDS[weakest] : 'not proven', grades, gradeReached };
}

const WEAKEST_FIRST: readonly EvidenceGrade[] = ['C', 'B', 'A', 'A+'];
const WORDS: Readonly<Record<EvidenceGrade, ProofWord>> = {
  C: 'observed (C)',
  B: 'supported (B)',
  A: 'proven',
  'A+': 'proven',
};

const JUDGES: Readonly<Record<ObligationCode, (facts: ProofFacts) => Reply>> = {
  P01: () => notRequired('this version has no approvals yet: nobody has signed the tests'),
  P02: proveBoundary,
  P03: proveRed,
  P04: (facts) => proveOfBoth(facts, orderProblem, 'every suite was finished before the next one started'),
  P05: (facts) => proveOfBoth(facts, gradeProblem, 'probes found what every suite demands'),
  P06: proveTestsUnchanged,
  P07: proveNames,
  P08: proveGreen,
  P09: proveComparable,
  P10: proveCriteria,
  P11: () => notRequired('this version does not run the counterfactual yet'),
  P12: proveGate,
  P13: proveIntegrity,
  P14: () => notRequired('no exception is in force: this version knows none'),
  P15: proveRedFirst,
};

function proveBoundary(facts: ProofFacts): Reply {
  const { git } = facts;
  const problems = [
    ...git.ancestryProblems,
    ...git.boundaryViolations.map((path) => `${path} is implementation and changes before R`),
    ...git.unclassified.map((path) => `${path} has no role`),
    ...(git.stubProblems ?? []),
  ];
  if (problems.length === 0 && git.stubUnknown !== undefined)
    return unproven(git.stubUnknown, 'fetch that commit, or record `redfirst red FEATURE --stub PATCH` again here');
  const stubbed = validReds(facts).atStub.length > 0;
  const order = stubbed ? 'B before R before S, R before H; R..S only declares' : 'B before R before H';
  if (problems.length === 0) return holds(`${order}; B..R holds no implementation; every path has a role`);
  return refuted(
    list(problems),
    'move implementation out of the red commit, or name the path under `paths` in the scenario',
  );
}

function proveGreen(facts: ProofFacts): Reply {
  if (facts.scenario.kind === 'refactor') {
    return unproven(
      'a refactor is shown at corners X and S, which this version does not run yet',
      'keep the store; a later version judges it',
    );
  }
  const broken = findOutOfPattern(facts, 'green');
  if (broken !== undefined)
    return refuted(`${broken}: the claim has ended`, 'mend the code or the flaky test; either begins a new claim');
  const valid = validRuns(facts.greenRuns).at(-1);
  if (valid === undefined) return noValidRun(facts.greenRuns, 'green', RUN_GREEN);
  const drivers = driversOf(facts);
  if (drivers.size === 0) return unproven('no driver is recorded', RUN_RED);
  const passed = new Set(valid.cases.filter(({ code }) => code === 'green/passed').map(keyOf));
  const missing = [...drivers].filter(([key]) => !passed.has(key)).map(([, { name }]) => name);
  if (missing.length > 0) return refuted(`red drivers without a pass at H: ${list(missing)}`, RUN_GREEN);
  return holds(`${drivers.size} drivers passed in run ${valid.record.run}, in every attempt`);
}

/** The newest valid runs of each phase (at red those at R and at S), asked one question each. */
function proveOfBoth(
  facts: ProofFacts,
  problemOf: (run: ProofRun, facts: ProofFacts) => string | undefined,
  why: string,
): Reply {
  for (const [phase, runs] of [
    ['red', facts.redRuns],
    ['green', facts.greenRuns],
  ] as const) {
    const valid = phase === 'red' ? newestReds(facts) : validRuns(runs).slice(-1);
    const asked = valid.length > 0 ? valid : runs.slice(-1);
    if (asked.length === 0) return unproven(`no ${phase} run is recorded`, phase === 'red' ? RUN_RED : RUN_GREEN);
    for (const run of asked) {
      const problem = problemOf(run, facts);
      if (problem !== undefined)
        return refuted(`${phase} run ${run.record.run}: ${problem}`, 'mend it and run this phase again');
    }
  }
  return holds(why);
}

function orderProblem({ record }: ProofRun, { scenario, keepsMandatedOrder }: ProofFacts): string | undefined {
  const started = record.suites.map(({ suite }) => suite);
  const declared = scenario.suites.map(({ suite }) => suite);
  const absent = declared.filter((suite) => !started.includes(suite));
  if (absent.length > 0) return `${absent.join(', ')} did not run`;
  if (!keepsMandatedOrder(started, declared)) return `the suites ran as ${started.join(', ')}`;
  for (const [index, suite] of record.suites.entries()) {
    const before = record.suites[index - 1];
    if (before !== undefined && (before.judgedSeq === undefined || before.judgedSeq > suite.startedSeq)) {
      return `${suite.suite} started before ${before.suite} was finished`;
    }
  }
  return undefined;
}

function gradeProblem({ record }: ProofRun, { scenario }: ProofFacts): string | undefined {
  for (const { suite, grade, profile } of scenario.suites) {
    const found = record.identities.find((identity) => identity.profile === profile)?.grade ?? [];
    const lacking = missingGrade(grade, found);
    if (lacking.length > 0) return `${suite} demands ${lacking.join(', ')}, which ${profile} was not found to have`;
  }
  return undefined;
}

function proveTestsUnchanged({ git }: ProofFacts): Reply {
  const { reformatted = [] } = git;
  if (git.testChanges.length === 0) {
    if (reformatted.length === 0) return holds('R..H changes no path of the role tests');
    return holds(`R..H changes nothing but layout and comments of tests: ${list(reformatted)}`);
  }
  return refuted(
    list(git.testChanges),
    'an amended test is a new claim: commit it before the code and run `redfirst red FEATURE` there',
  );
}

function proveComparable(facts: ProofFacts): Reply {
  const valid = newestReds(facts);
  const reds = valid.length > 0 ? valid : facts.redRuns.slice(-1);
  const green = validRuns(facts.greenRuns).at(-1) ?? facts.greenRuns.at(-1);
  if (reds.length === 0 || green === undefined)
    return unproven('red and green are not both recorded', reds.length === 0 ? RUN_RED : RUN_GREEN);
  const listed = new Set<string>();
  for (const red of reds) {
    const differs = compareEnvironments(facts, red, green, listed);
    if (differs !== undefined) return differs;
  }
  return holds(listed.size === 0 ? 'no difference found' : `comparable; differences: ${list([...listed])}`);
}

/** What keeps a red and a green run from being compared; differences that do not are added to `listed`. */
function compareEnvironments(
  facts: ProofFacts,
  red: ProofRun,
  green: ProofRun,
  listed: Set<string>,
): Reply | undefined {
  for (const name of new Set(facts.scenario.suites.map(({ profile }) => profile))) {
    const before = red.record.identities.find(({ profile }) => profile === name);
    const after = green.record.identities.find(({ profile }) => profile === name);
    if (before === undefined) return unproven(`red has no record of an environment of profile ${name}`, RUN_RED);
    if (after === undefined) return unproven(`green has no record of an environment of profile ${name}`, RUN_GREEN);
    if (after.profileDigest !== before.profileDigest)
      return refuted(`profile ${before.profile} was changed in between`, RUN_RED);
    for (const fact of new Set([...Object.keys(before.facts), ...Object.keys(after.facts)])) {
      const [was, is] = [before.facts[fact] ?? '-', after.facts[fact] ?? '-'];
      if (was === is) continue;
      const said = `${before.profile} ${fact}: ${was} at red, ${is} at green`;
      if ((COMPARABLE_FACTS as readonly string[]).includes(fact))
        return refuted(said, 'run both phases in environments of one kind');
      listed.add(said);
    }
  }
  return undefined;
}

function proveCriteria(facts: ProofFacts): Reply {
  const drivers = [...driversOf(facts).values()];
  if (drivers.length === 0) return unproven('no driver is recorded', RUN_RED);
  const shown = new Set(drivers.flatMap(({ criteria }) => criteria));
  const uncovered = facts.scenario.criteria.filter(({ id }) => !shown.has(id)).map(({ id }) => id);
  if (uncovered.length > 0)
    return refuted(
      `no driver shows ${list(uncovered)}`,
      'write a test that fails without it and bind it under `criteria`',
    );
  if (facts.scenario.kind === 'feature') {
    const empty = (['contract', 'integration'] as const).filter(
      (suite) => !drivers.some((driver) => driver.suite === suite),
    );
    if (empty.length > 0)
      return refuted(
        `no driver in ${empty.join(' and ')}`,
        'contract and integration come first (articles 4.2 and 9.1)',
      );
  }
  const { length } = facts.scenario.criteria;
  return holds(length === 1 ? 'the one criterion is shown by a driver' : `${length} criteria, each shown by a driver`);
}

function proveIntegrity({ integrityBreaks }: ProofFacts): Reply {
  if (integrityBreaks.length === 0) return holds('chain, rows and artifacts were recomputed and agree');
  return refuted(list(integrityBreaks.map(({ what }) => what)), 'do not trust this store; see `redfirst verify`');
}

/** Where a stub was needed, red is recorded only once S is: the first run at R and the first at that S, the later of the two. */
function proveRedFirst(facts: ProofFacts): Reply {
  const { atRed, atStub } = validReds(facts);
  const needsStub = atStub.length > 0 && !atRed.some(({ cases }) => !cases.some(({ code }) => code === 'red/compile'));
  const firsts = [atRed.at(0), needsStub ? atStub.at(0) : undefined].filter((run) => run !== undefined);
  const red = firsts.sort((a, b) => a.record.startedSeq - b.record.startedSeq).at(-1);
  const green = facts.greenRuns.at(0);
  if (red === undefined) return unproven('no valid red run is recorded', RUN_RED);
  const redSeq = red.record.finished?.seq ?? Number.POSITIVE_INFINITY;
  const reconstructed = (why: string): Reply => ({ answer: 'holds', why, weaker: 'reconstructed red' });
  if (green !== undefined && green.record.startedSeq < redSeq) {
    return reconstructed(`the red run ${red.record.run} was recorded after the first green run`);
  }
  const { anchor } = facts.git;
  if (anchor === '')
    return reconstructed('no anchor made before the implementation names the red run (commit trailer Redfirst-Red)');
  const named = facts.hasCheckpoint(anchor);
  if (named === undefined)
    return reconstructed(`the trailer Redfirst-Red names ${anchor}, which this store never had as head`);
  if (named.seq < redSeq)
    return reconstructed(`the trailer Redfirst-Red names ${anchor}, a head before the red run was finished`);
  if (green !== undefined && named.seq >= green.record.startedSeq) {
    return reconstructed(
      `the trailer Redfirst-Red names ${anchor}, a head after the first green run: the code existed by then`,
    );
  }
  return holds(
    `run ${red.record.run} was finished at ${redSeq}, and the implementation's commit names head ${named.seq}`,
  );
}

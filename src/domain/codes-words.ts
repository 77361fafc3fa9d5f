import type { ChangeRole } from './change.ts';
import type { Explanation } from './explanation.ts';
import type { Answer, ProofWord } from './proof.ts';
import type { Role, Strength } from './verdict.ts';
import type { EvidenceGrade } from './vocabulary.ts';

/** What a case is for. */
export const ROLES: Readonly<Record<Role, Explanation>> = {
  driver: {
    title: "a case that the feature's code has to turn from red to green",
    meaning:
      'A driver is validly red before the code exists and passes with it. Every criterion needs at least one. It is what a proof rests on.',
    example: [
      'red/assertion   pause.test.ts > pauses a guest  (AC-1)',
      'green/passed    pause.test.ts > pauses a guest  (AC-1)',
    ],
    next: 'Nothing. A case becomes a driver by failing for the right reason; it is not declared.',
  },
  control: {
    title: 'a case that passes without the feature',
    meaning:
      'The positive control of the experiment. It runs beside the drivers and shows that the suite and the environment work, so that a red means the missing feature and not a broken set-up.',
    example: ["controls: ['^boots a guest$']", 'control-passed  guest.test.ts > boots a guest'],
    next: 'Name one under `controls` in each suite of the scenario.',
  },
  guard: {
    title: 'a case that keeps something as it is',
    meaning:
      'Green on both sides by intent: negative and accept cases are green before any code. It is declared in the scenario, and proves nothing new by itself.',
    example: [
      "roles: [{match: 'rejects a negative timeout', role: guard}]",
      'guard-passed    pause.test.ts > rejects a negative timeout',
    ],
    next: 'Declare it under `roles`; an undeclared one is refused as vacuous at green time.',
  },
  characterization: {
    title: 'a case that pins down what is there already',
    meaning:
      'Green on both sides by intent: it describes existing behaviour that the change must not alter. It is declared in the scenario, and proves nothing new.',
    example: ["roles: [{match: 'lists existing guests', role: characterization}]"],
    next: 'Declare it under `roles`; an undeclared one is refused as vacuous at green time.',
  },
  undetermined: {
    title: 'a case whose role is not known yet',
    meaning:
      'It belongs to the feature and did not show at red time what it is for: it is green already, or its failure did not count. The green run decides what it is.',
    example: ['role-pending    pause.test.ts > rejects a negative timeout'],
    next: 'Make it fail for the right reason, or declare it guard or characterization.',
  },
  untouched: {
    title: 'a case of somebody else',
    meaning:
      'It is not selected by the scenario, or lies in a file that the change does not touch. It is recorded and never counted.',
    example: ['41 cases of other changes, recorded and not counted'],
    next: 'Nothing.',
  },
};

/** What `pr`, `judge` and `corners` find beside these, once all corners are known. */
export const CHANGE_ROLES: Readonly<Record<Exclude<ChangeRole, Role | 'vacuous' | 'retired'>, Explanation>> = {
  adaptation: {
    title: 'a case that was made to fit the change',
    meaning:
      'It is green at R and at H, and its old text fails at X, old tests on new code: a fixture or an expectation that stricter behaviour asks for. It needs no red of its own.',
    example: ['adaptation  adaptation-passed  Validate network source > when network source is not configured'],
    next: 'Nothing.',
  },
  rename: {
    title: 'a case under another name',
    meaning: 'Its body was green under its old name at B and is green under its new one at H. It shows nothing new.',
    example: ['rename  rename-passed  should accept'],
    next: 'Nothing.',
  },
  pending: {
    title: 'a case whose role another corner would settle',
    meaning:
      'What would say what it is for was not run: H at red time, X for a changed case that is green at R and H, S where its package does not build at R.',
    example: ['pending  red/compile weak  should set WaitingForVolumeBinding'],
    next: 'Run the corner that its detail names; for S, give a stub with `--stub`.',
  },
  failing: {
    title: 'a case that does not pass with the code',
    meaning: 'It is touched by the change and does not pass at H, so that whatever it did at R shows nothing yet.',
    example: ['failing  still-red  should pause a running guest'],
    next: 'Make it pass at H.',
  },
  'not-judged': {
    title: 'a case whose red does not count',
    meaning:
      'At R it failed for a wrong reason, was skipped, was not stable, or its report cannot be believed; its code says which. A deleted case whose old text still passes is not judged either.',
    example: ['not-judged  setup-failed  should pause a running guest'],
    next: 'Look up its code with `redfirst explain`.',
  },
};

/** How much a valid red tells. */
export const STRENGTHS: Readonly<Record<Strength, Explanation>> = {
  strong: {
    title: 'the runner itself says that an assertion failed',
    meaning:
      "The failure is an assertion in the case's own body, told by the runner in its own format. There is nothing to guess.",
    example: ['1. contract  red/valid  strong  4 attempts in 9.1 s  on qemu, grade vmm'],
    next: 'Nothing.',
  },
  fair: {
    title: 'it failed as declared beforehand',
    meaning:
      'The failure matches the red contract of the scenario, or is an assertion that only a `<failure>` of a JUnit report, or a check for no error, tells of, and whose pattern matches. The pattern carries the weight.',
    example: [
      'red/declared    TestVMSpec/pause_timeout  (AC-2)',
      '  strict decoding error: unknown field "spec.pauseTimeout"',
    ],
    next: 'Nothing; an assertion on the outcome would be strong.',
  },
  weak: {
    title: 'it does not compile yet',
    meaning:
      'The case never ran: names that it uses do not exist. It is pending until it has been red by assertion with those names declared.',
    example: ['red/compile     example.org/vm/pause [build]  (AC-1)'],
    next: 'Declare the names without behaviour in the red commit.',
  },
};

/** How many attempts stand behind a claim; see GRADE_ATTEMPTS. */
export const GRADES: Readonly<Record<EvidenceGrade, Explanation>> = {
  'A+': {
    title: '5 red and 5 green attempts',
    meaning:
      'Whatever the flake rate of a test that the change does not affect, the chance that it shows 5 reds and then 5 greens is at most 0.10 %. The word for it is "proven".',
    example: ['evidence: A+'],
    next: 'Nothing.',
  },
  A: {
    title: '4 red and 3 green attempts',
    meaning:
      'The chance that a test that the change does not affect shows 4 reds and then 3 greens is at most 0.84 %, whatever its flake rate. This is the least that is called "proven". The red attempts run in the declared order, shuffled twice, and with the drivers alone.',
    example: ['evidence: A', 'proven'],
    next: 'Nothing.',
  },
  B: {
    title: '2 red and 2 green attempts',
    meaning:
      'Alone, that is up to 6.3 % of false evidence; with a recorded history that bounds the flake rate at 5 % it is 0.23 %. The word for it is "supported (B)".',
    example: ['evidence: B', 'supported (B)'],
    next: 'Ask for `evidence: A` in the scenario where the suite is quick enough, and run both phases again.',
  },
  C: {
    title: '1 red and 1 green attempt',
    meaning:
      'A test that fails at random half of the time shows this in one of four cases (25 %). It is an observation and no proof; the word for it is "observed (C)". It is the default for slow end-to-end suites.',
    example: ['evidence: C', 'observed (C)'],
    next: 'Ask for `evidence: A` in the scenario where the suite is quick enough, and run both phases again.',
  },
};

/** What `redfirst prove` says of one obligation. */
export const ANSWERS: Readonly<Record<Answer, Explanation>> = {
  holds: {
    title: 'the obligation is shown by recorded evidence',
    meaning:
      'What it demands was found in the record or in the commits. It may hold on weaker ground; then the weakness is named beside it.',
    example: ['P04  holds         suites ran in the mandated order, in red and in green'],
    next: 'Nothing.',
  },
  refuted: {
    title: 'the evidence speaks against it',
    meaning:
      'Something was found that must not be so, with its place. One refuted obligation that is required refutes the whole (exit code 1; 5 where it is P13).',
    example: ['P06  refuted       tests unchanged from R to H', '     test/pause.test.ts'],
    next: 'Follow the next step that stands below the obligation.',
  },
  unproven: {
    title: 'evidence is missing',
    meaning: 'Nothing speaks against it, and nothing shows it. What is missing never counts in favour (exit code 4).',
    example: ['P08  unproven      drivers green at H in every attempt', '     no green run of these tests is recorded'],
    next: 'Record what is missing; the obligation names it.',
  },
  'not required': {
    title: 'it is not asked of this feature',
    meaning:
      'The kind of feature does not need it, the policy leaves it out, or this version cannot judge it yet. The reason is shown, and it counts neither way.',
    example: ['P12  not required  gate differential: off, on, off again', '     the scenario names no feature gate'],
    next: 'Nothing.',
  },
};

/** What the whole proof amounts to. */
export const WORDS: Readonly<Record<ProofWord, Explanation>> = {
  proven: {
    title: 'every required obligation holds, at grade A or better',
    meaning:
      'The tests were red for the right reason before the code and are green with it, often enough that chance is out of the question. The weakest suite decides.',
    example: ['proven'],
    next: 'Export it (`redfirst export junit FEATURE`) and note the checkpoint elsewhere.',
  },
  'supported (B)': {
    title: 'every required obligation holds, at grade B',
    meaning: 'As proven, with two attempts each way in at least one suite.',
    example: ['supported (B)'],
    next: 'See grade/B.',
  },
  'observed (C)': {
    title: 'every required obligation holds, at grade C',
    meaning:
      'As proven, with a single attempt each way in at least one suite: an observation that chance may explain in one of four cases.',
    example: ['observed (C)'],
    next: 'See grade/C.',
  },
  refactor: {
    title: 'behaviour stayed as it was',
    meaning:
      'A refactor has no red: old tests pass on the new code and new tests pass on the old one. It is recorded as a refactor and never as proven by red.',
    example: ['refactor'],
    next: 'Nothing.',
  },
  'not proven': {
    title: 'at least one required obligation does not hold',
    meaning: 'It is refuted or unproven; the obligations above say which one, why, and what to do.',
    example: ['not proven'],
    next: 'Follow the next step of the first obligation that does not hold.',
  },
};

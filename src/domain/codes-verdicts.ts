import type { Explanation } from './explanation.ts';
import type { CaseCode, WholeCode } from './verdict.ts';

/** Every verdict of a case, a suite or a run. A new code breaks the build here. */
export const VERDICTS: Readonly<Record<CaseCode | WholeCode, Explanation>> = {
  'red/assertion': {
    title: 'the case failed in its own body, by an assertion',
    meaning:
      'Valid red. The case ran, reached an assertion and failed there, so it failed because of what it checks and not because of how it was run. Strong when the runner itself says that it was an assertion; fair when only a `<failure>` says so, or when the assertion was that there is no error: both then need a red contract with a pattern that matches.',
    example: ['red/assertion   pause.test.ts > pauses a guest  (AC-1)', '  expected "running" to be "paused"'],
    next: 'Nothing. When every criterion has such a driver, commit the tests, then write the code.',
  },
  'red/declared': {
    title: 'the case failed as its red contract says',
    meaning:
      'Valid red, strength fair. The case did not fail by an assertion, but the scenario said beforehand how it must fail (unknown-field, not-found, no-such-kind, admission-denied, gate-disabled, command-missing or panic), and class and pattern match what was observed.',
    example: [
      'red/declared    TestVMSpec/pause_timeout  (AC-2)',
      '  strict decoding error: unknown field "spec.pauseTimeout"',
    ],
    next: 'Nothing. Keep the pattern as narrow as the message allows.',
  },
  'red/compile': {
    title: 'the case does not build because names that it uses do not exist yet',
    meaning:
      'Valid red, strength weak. The missing names are recorded and the case is pending: it never ran to its end, so it is not known that it would fail for the right reason. Nothing else in a package or file that does not build ran either, controls among it. Languages that look names up as they run tell it of single cases.',
    example: ['red/compile     example.org/vm/pause [build]  (AC-1)', '  does not build: PauseTimeout, Resume missing'],
    next: 'Declare the names without behaviour (types, constants, signatures) in a stub and run `redfirst red FEATURE --stub PATCH`, so that the tests fail by assertion; `redfirst stub FEATURE` proposes one for Go.',
  },
  'red/valid': {
    title: 'the suite or run is red for the right reason',
    meaning:
      "Every driver was red in the same way in every attempt, the controls passed, the environment was healthy and of the grade that was asked for, the runner's report and its exit code agree, and (for a whole run) every criterion has a driver. A suite without drivers is valid when its controls and guards passed.",
    example: [
      'contract: red/valid: 3 drivers red for the declared reason in every attempt',
      'run r20261122T164105Z-3fa9: red/valid',
    ],
    next: 'Commit the tests as they are, write the code, then run `redfirst green FEATURE`.',
  },
  'green/passed': {
    title: 'it passed in every attempt',
    meaning:
      'For a case: it is a driver of the red run and passed in every attempt, under the same name and with the same tests. For a suite or a run: so did all of its drivers, the exit code is zero, nothing was skipped and the environment was healthy.',
    example: ['green/passed    pause.test.ts > pauses a guest  (AC-1)'],
    next: 'Run `redfirst prove FEATURE` to have every obligation judged.',
  },
  skipped: {
    title: 'the case was skipped',
    meaning:
      'A skipped case shows nothing, neither red nor green: it did not fail and it did not pass. A skip at red time is often a missing tool, a missing label or a feature gate that is off.',
    example: ['skipped         TestPauseOnARealGuest', '  skipped: qemu-system-x86_64 not found'],
    next: 'Remove the condition that skips it, or give the suite the environment that it needs (`redfirst doctor`), and run the phase again.',
  },
  'no-tests': {
    title: 'nothing that belongs to the feature ran',
    meaning:
      'The suite ended without one case of the feature: no file or case was selected, or the runner found none. An empty suite passes in most runners; here it counts for nothing.',
    example: [
      '2. integration  no-tests  2 attempts in 1.1 s  on host',
      '   41 cases ran, none of them belongs to the feature',
    ],
    next: 'Check `select` of this suite in the scenario (`redfirst plan FEATURE` shows it), or write the tests.',
  },
  'not-finished': {
    title: 'it started and has no end',
    meaning:
      'A case that the runner started and never finished, or a run or suite whose end was never recorded. Most often the test process died: a crash, a call of exit, or memory that ran out.',
    example: ['not-finished    TestPause/with_a_vsock_device', '  it was started and never finished'],
    next: "Read the suite's output (`redfirst show RUN` names the artifacts) from the end upwards; the last case that started is the suspect.",
  },
  'timed-out': {
    title: 'it was ended by a time limit',
    meaning:
      "The runner's own limit ended the case, or the suite's deadline ended the suite. A test that waits for what never comes is not evidence: a slow machine would look the same.",
    example: [
      'timed-out       guest.test.ts > answers on its serial console',
      "  the runner's own time limit ended it: Test timed out in 5000ms",
    ],
    next: 'Let the test fail by an assertion with a limit of its own ("not paused within 10 s"), or raise the deadline in the scenario where the work really takes that long.',
  },
  'setup-failed': {
    title: 'it failed outside of its own body',
    meaning:
      'The failure happened in a fixture, a hook, a suite-wide node, in collection or while loading. The body, which checks the feature, did not run or did not decide, so this is no red.',
    example: [
      'setup-failed    pause.test.ts > pauses a guest',
      '  failed in its set-up, not in its body: connect ECONNREFUSED',
    ],
    next: 'Mend the set-up so that it works without the feature, and let the body make the assertion.',
  },
  panicked: {
    title: 'it panicked',
    meaning:
      "The case ended by a panic, a nil dereference or a crash. That can happen for any reason, so it is not red, unless the red contract says `panic` and the first frame inside the module lies in the case's own body. At S it is never red: there it is mostly a nil where an empty value is meant.",
    example: ['panicked        TestPause', '  runtime error: invalid memory address or nil pointer dereference'],
    next: 'Assert before you use the value (for instance that it is not nil), so that the case fails by that assertion.',
  },
  'undeclared-failure': {
    title: 'it failed, but not by an assertion and not as declared',
    meaning:
      'The case failed in its body in a way that nobody announced: an error, a bare `<failure>` without a kind, an assertion that there is no error, or a failure that differs from the red contract. It may be right; it cannot be told from an accident.',
    example: [
      'undeclared-failure  TestCreate',
      '  an unexpected error needs a red contract to count: unknown field "spec.pause"',
    ],
    next: 'If this is how it must fail before the code exists, say so in the scenario: `red: {class: unknown-field, pattern: \'unknown field "spec.pause"\'}`. Otherwise mend the test.',
  },
  infrastructure: {
    title: 'the environment was not healthy',
    meaning:
      'Before, during or after the suite the environment was found broken, so what failed may have failed for that reason. Nothing of this suite is counted, and it does not speak against the tests or the code.',
    example: [
      '3. e2e  infrastructure  1 attempt in 31 s  on qemu, grade vmm',
      '   attempt 1: environment unhealthy after the suite: no guest boots any more',
    ],
    next: 'Run `redfirst doctor PROFILE`, mend what it finds, and run the phase again.',
  },
  'control-failed': {
    title: 'a control did not pass',
    meaning:
      'A control is known to pass without the feature. When it fails, the suite does not work here at all, and the reds beside it show nothing.',
    example: [
      'control-failed  guest.test.ts > boots a guest',
      '  a control that did not pass: fails: expected exit code 0, was 1',
    ],
    next: 'Find out why the control fails first: environment, set-up, or a control that needs the feature after all (then it is none).',
  },
  unstable: {
    title: 'the attempts disagree',
    meaning:
      'The case passed in one attempt and failed in another, or failed in different ways, or the runner retried it until it passed. One attempt out of pattern ends the claim for these tests and stays on record: repeating until it fits would prove nothing.',
    example: ['unstable        TestPause', '  outcomes by attempt: failed, failed, passed, failed'],
    next: 'Compare the attempts with `redfirst show RUN` (order and seed are recorded, `--seed N` repeats them), then remove the dependence on order, time or a neighbour. The changed tests begin a new claim.',
  },
  'report-missing': {
    title: 'the runner left no report',
    meaning: 'The runner ended and no report was where one was expected. Its exit code alone is not believed.',
    example: ['attempt 1: report missing: $REDFIRST_REPORT was not written'],
    next: "Read the suite's output: the runner usually says why it stopped. A `command` runner has to write JUnit or TAP to $REDFIRST_REPORT.",
  },
  'report-unreadable': {
    title: 'the report could not be read whole',
    meaning:
      'The report is cut off or not well-formed. What could be read of it is kept and judges nothing, since the missing part may hold the failure.',
    example: ['attempt 2: report truncated: ends inside <testcase>'],
    next: 'Look at the stored report (`redfirst show --artifact SHA256`). A full disk and a process that was killed are the usual causes.',
  },
  'report-stale': {
    title: 'the report is older than the run',
    meaning:
      'The report existed before the runner started: it tells of another run. Believing it is how old passes become new ones.',
    example: ['attempt 1: report stale: written 12 s before the runner started'],
    next: 'Let the runner write to $REDFIRST_REPORT and nowhere else, and remove reports that are committed.',
  },
  'report-foreign': {
    title: 'the report was written by another run',
    meaning:
      'The report does not carry the token that this run gave to its runner, so something else wrote it: a parallel run, or a test that runs the runner itself.',
    example: ['attempt 1: report foreign: its token is not the one of this run'],
    next: 'Give nested runners a report path of their own, and do not share $REDFIRST_REPORT.',
  },
  'exit-mismatch': {
    title: 'exit code and report contradict each other',
    meaning:
      'The report says that all passed and the runner ended with a failure, or the other way round. One of the two witnesses is wrong, so neither is believed.',
    example: [
      '1. contract  exit-mismatch  1 attempt in 2.0 s  on host',
      '   attempt 1: the report shows no failure, but the runner ended with exit code 1',
    ],
    next: "Read the suite's output for what the report leaves out: an error outside of any case, a wrapper that changes the exit code, a coverage threshold.",
  },
  'ambiguous-name': {
    title: 'several cases have the same name',
    meaning:
      'Two cases of the suite report the same full name, so it cannot be told which of them failed and which passed.',
    example: ['ambiguous-name  table.test.ts > accepts', '  2 cases have this name in attempt 1'],
    next: 'Give each case, and each entry of a table, a name of its own.',
  },
  'below-grade': {
    title: 'the environment is less real than the suite demands',
    meaning:
      'The suite demands a realism grade (api, vmm, cluster, virt) and the probes did not find all of it. What ran there is kept, and is not the evidence that was asked for.',
    example: ['3. e2e  below-grade  on host, grade host', '   the environment lacks vmm'],
    next: 'Run it on a profile that has the grade; `redfirst doctor PROFILE` says what was found and what is missing.',
  },
  'dirty-tree': {
    title: 'the tree is not the commit',
    meaning:
      'Files differ from the recorded commit: changes that are not committed, a draft, or tracked files that the suite itself rewrote. The result belongs to no commit and proves nothing.',
    example: [
      '2. integration  dirty-tree  1 attempt in 4.0 s  on host',
      '   attempt 1: the suite changed its own worktree: testdata/golden.json (modified)',
    ],
    next: 'Commit first. A suite must write to $REDFIRST_ARTIFACTS or a temporary folder, and not to tracked files.',
  },
  'order-violated': {
    title: 'the suites did not run in the mandated order',
    meaning:
      'The order is contract, integration, e2e, unit, and a suite starts when the one before it is finished. A run that leaves out an earlier suite or swaps two shows less than it claims.',
    example: ['order-violated: the suites did not run in the order contract, integration, e2e, unit'],
    next: 'Run the phase without `--suite`, or with the first suites of the order.',
  },
  vacuous: {
    title: 'it passes with and without the code',
    meaning:
      'The case passes at H and was not red at R, and no role explains it: it would pass whatever the code does, so it shows nothing about the feature. At red time a suite or run is vacuous when none of its cases is red. At S that means a refactoring: the code is moved, and no behaviour is added.',
    example: [
      'vacuous         pause.test.ts > rejects a negative timeout',
      '  passes at H and was not red at R: it shows nothing',
    ],
    next: "Make it fail without the code, or declare what it is for in the scenario: `roles: [{match: 'negative timeout', role: guard}]`.",
  },
  'criterion-uncovered': {
    title: 'a criterion has no driver',
    meaning:
      'An acceptance criterion of the scenario is shown by no case that is validly red. It could be missing from the code without any test noticing.',
    example: ['criterion-uncovered: no red case shows AC-2'],
    next: "Write a case that fails without it and put the criterion's id into its name (`AC-2: …`), or bind an existing case under `criteria` in the scenario.",
  },
  interrupted: {
    title: 'the run was stopped',
    meaning:
      'A person, a signal or the deadline of the whole run stopped it, or its process died and a later one recorded that. What was observed until then is kept; it judges nothing.',
    example: ['run r20261122T164105Z-3fa9: interrupted (signal): SIGINT'],
    next: 'Run the phase again. Attempts that did not finish are not counted against the tests.',
  },
  'still-red': {
    title: 'a driver still fails',
    meaning:
      'The case was red before the code existed and fails at green time in at least one attempt: the code does not do it yet, or not always.',
    example: ['still-red       pause.test.ts > pauses a guest  (AC-1)', '  fails: expected "running" to be "paused"'],
    next: 'Mend the code, commit, and run `redfirst green FEATURE` again. Changing the test instead begins a new claim with a new red.',
  },
  missing: {
    title: 'a driver of the red run is gone',
    meaning:
      'The red run recorded this case as red, and the green run has no case of that name: it was renamed, deleted, filtered out, or the file did not load.',
    example: [
      'missing         pause.test.ts > pauses a guest  (AC-1)',
      '  was red, and no case of this name ran now: renamed, deleted or not selected',
    ],
    next: 'Bring the case back under its name. A case that was renamed on purpose needs a new red run.',
  },
  'role-pending': {
    title: 'it passes before the code exists; its role is not known yet',
    meaning:
      'The case belongs to the feature and is green at red time. That is common and often right (a guard, an accept case, a fixture that was adapted), but it shows nothing now. The green run decides: without a role it becomes vacuous.',
    example: ['role-pending    pause.test.ts > rejects a negative timeout'],
    next: 'If it is green on purpose, say so now: `roles: [{match: …, role: guard}]` or `characterization`. Otherwise make it fail.',
  },
  'control-passed': {
    title: 'the control passed',
    meaning:
      'The case passes without the feature, as it must. It shows that the suite works here, so that the reds beside it mean something.',
    example: ['control-passed  guest.test.ts > boots a guest'],
    next: 'Nothing.',
  },
  'guard-passed': {
    title: 'the guard passed',
    meaning:
      'The scenario declares the case a guard: something that was refused or kept before and has to stay so. It is green on both sides and proves nothing new.',
    example: ['guard-passed    pause.test.ts > rejects a negative timeout'],
    next: 'Nothing.',
  },
  'characterization-passed': {
    title: 'the characterization passed',
    meaning:
      'The scenario declares the case a characterization: it pins down behaviour that is there already. It is green on both sides and proves nothing new.',
    example: ['characterization-passed  api.test.ts > lists existing guests'],
    next: 'Nothing.',
  },
  'adaptation-passed': {
    title: 'the case was adapted to the change',
    meaning:
      'It is green at R and at H, and its old text fails on the new code (corner X): a fixture or an expectation was made to fit. It needs no red of its own.',
    example: ['adaptation  adaptation-passed  Validate network source > when network source is not configured'],
    next: 'Nothing.',
  },
  'rename-passed': {
    title: 'the case has another name now',
    meaning: 'The same body was green under its old name at B and is green under its new one. It shows nothing new.',
    example: ['rename  rename-passed  should accept'],
    next: 'Nothing.',
  },
  retired: {
    title: 'the case was deleted, and its old text fails on the new code',
    meaning:
      'The behaviour that it demanded is given up by the change: at X, old tests on new code, it fails. Whoever accepts the tests must have seen it.',
    example: ['retired  should reject when the feature gate is disabled'],
    next: 'See that the change means to give this behaviour up.',
  },
  untouched: {
    title: 'the case does not belong to the change',
    meaning:
      "The scenario does not select it, or the change touches neither its file nor, by syntax, its text. It is recorded and not counted; a failure of it is somebody else's. A case of a touched file that passed at red is a natural control, though: it has to pass at green.",
    example: ['41 cases of other changes, recorded and not counted'],
    next: 'Nothing. If it should belong to the feature, widen `select` or bind it under `criteria`.',
  },
  'not-run': {
    title: 'it did not run',
    meaning:
      'The suite was planned and never started, or the case was not started in a suite that did. At green a run stops at the first suite that does not hold; nothing is known about those after it.',
    example: ['4. unit  not-run  on host'],
    next: 'Mend what stopped the run and run the phase again; `--keep-going` runs the later suites all the same.',
  },
};

import type { Explanation } from './explanation.ts';
import type { ObligationCode } from './proof.ts';

/** Every obligation of a proof, as `redfirst prove` answers them. */
export const OBLIGATION_TEXTS: Readonly<Record<ObligationCode, Explanation>> = {
  P01: {
    title: 'the tests were approved before the first green run',
    meaning:
      'Somebody other than the author signed the digest of the tests, with a key that the verifier allows, before the code made them green. It keeps an author from bending the tests to the code.',
    example: [
      'P01  not required  tests approved before the first green run',
      '     this version has no approvals yet: nobody has signed the tests',
    ],
    next: 'Nothing yet: this version cannot sign approvals, says so, and does not count them.',
  },
  P02: {
    title: 'the corners are what they claim to be',
    meaning:
      'The base B comes before the red commit R, and R before the head H. Between B and R no implementation changes, and every changed path has a role (tests, implementation, support, generated, neutral).',
    example: [
      'P02  refuted       boundary and path roles of the corners hold',
      '     pkg/pause/pause.go is implementation and changes before R',
    ],
    next: 'Move the implementation out of the red commit, or give the path its role under `paths` in redfirst.yaml or the scenario.',
  },
  P03: {
    title: 'every case has a role, and the drivers were validly red',
    meaning:
      'Each case of the feature is a driver, a control, a guard or a characterization. Every driver was red for the right reason in every attempt, the controls passed beside them, and no attempt on record is out of pattern.',
    example: [
      'P03  refuted       every touched case has a role; drivers validly red in every attempt, controls passing',
      '     vacuous, green at R and H without a role: unit pause > accepts',
    ],
    next: 'Follow the code that the reason names (`redfirst explain vacuous`), change the tests, and record a new red run.',
  },
  P04: {
    title: 'the suites ran in the mandated order',
    meaning:
      'In the red and in the green run: contract, integration, e2e, unit, each one finished before the next one started, none left out.',
    example: [
      'P04  refuted       suites ran in the mandated order, in red and in green',
      '     green run r20261122T170000Z-0b1c: integration did not run',
    ],
    next: 'Run the phase again without `--suite`.',
  },
  P05: {
    title: 'every suite ran where it is real enough',
    meaning:
      'Probes found in the environment every member of the realism grade that the suite demands. What a profile claims does not count.',
    example: [
      'P05  refuted       every suite ran at or above its realism grade',
      '     red run r20261122T164105Z-3fa9: e2e demands vmm, which host was not found to have',
    ],
    next: 'Run the phase again on a profile with that grade; `redfirst doctor PROFILE` shows what it has.',
  },
  P06: {
    title: 'the tests did not change after red',
    meaning:
      'From R to H no path of the role `tests` changed, but for layout and comments, as syntax tells them (Go, TypeScript, JavaScript, Python). Tests that change together with the code may have been fitted to it.',
    example: ['P06  refuted       tests unchanged from R to H', '     test/pause.test.ts'],
    next: 'A changed test is a new claim: commit it before the code, and run `redfirst red FEATURE` there.',
  },
  P07: {
    title: 'names that were missing at red are defined by the change',
    meaning:
      'Drivers that were red only by missing names have to be shown red by assertion as well, at S: R with a stub that declares the names and has no behaviour behind them. And each name has to be one that the change defines, found by syntax in the files of R..H: a name that stays missing says nothing about the feature (refuted). Not required when no driver was red by compile.',
    example: [
      'P07  unproven      names missing at R are defined by R..H',
      '     weak: red by missing names alone; 1 missing name, defined by R..H: PauseTimeout at api/types.go:12',
    ],
    next: 'Run `redfirst red FEATURE --stub PATCH`, where the patch or a commit above R declares the names and nothing else; `redfirst stub FEATURE` proposes one for Go.',
  },
  P08: {
    title: 'the drivers are green at the head',
    meaning: 'Every driver of the red run passed at H in every attempt, under the same name and with the same tests.',
    example: [
      'P08  refuted       drivers green at H in every attempt',
      '     red drivers without a pass at H: pause > pauses a guest',
    ],
    next: 'Mend the code and run `redfirst green FEATURE`.',
  },
  P09: {
    title: 'red and green ran in comparable environments',
    meaning:
      'Profile, accelerator, machine type and the minor versions of Kubernetes and KubeVirt agree. Otherwise the environment, and not the code, may have made the difference. Other differences are listed.',
    example: [
      'P09  refuted       red and green in comparable environments',
      '     qemu accelerator: tcg at red, kvm at green',
    ],
    next: 'Run both phases in environments of one kind.',
  },
  P10: {
    title: 'every criterion has a driver',
    meaning:
      'Each acceptance criterion of the scenario is shown by at least one driver, and for a feature the contract and integration suites have drivers.',
    example: [
      'P10  refuted       every criterion has a driver; contract and integration suites are not empty',
      '     no driver shows AC-2',
    ],
    next: 'Write a test that fails without it, bind it under `criteria`, and record a new red run.',
  },
  P11: {
    title: 'without the implementation it is red again',
    meaning:
      'The counterfactual: at H with the implementation taken back, the drivers fail again in the same way. It shows that this code made the difference, and not something else that changed.',
    example: [
      'P11  not required  counterfactual: without the implementation it is red again',
      '     this version does not run the counterfactual yet',
    ],
    next: 'Nothing yet: this version does not run the counterfactual, says so, and does not count it.',
  },
  P12: {
    title: 'the feature gate makes the difference',
    meaning:
      'For what is behind a feature gate: off, the old behaviour; on, the cases pass; off again, the old behaviour, and nothing had to be restarted.',
    example: [
      'P12  refuted       gate differential: off, on, off again',
      '     switching ReservedOverheadMemlock restarted virt-handler-7lzkn (0 restarts before, 1 after)',
    ],
    next: 'Run `redfirst green` on a profile whose cluster may be changed (provider kind, or kubeconfig with allowMutation); mend what is named.',
  },
  P13: {
    title: 'the record is whole',
    meaning:
      'The chain of events, the digests of all rows and of all artifacts were recomputed and agree with what is stored.',
    example: ['P13  refuted       integrity of chain, rows and artifacts', '     event 42 does not continue the chain'],
    next: 'Do not trust this store. `redfirst verify` lists every break; go back to a copy from before, or record the runs again.',
  },
  P14: {
    title: 'every exception is signed and has not expired',
    meaning: 'An exception from a rule needs somebody who approved it, a remediation and a date on which it ends.',
    example: [
      'P14  not required  every exception in force is signed and has not expired',
      '     no exception is in force: this version knows none',
    ],
    next: 'Nothing: this version knows no exceptions.',
  },
  P15: {
    title: 'red was recorded first',
    meaning:
      'The red run was finished before the first green run started, and the commit that begins the implementation names a checkpoint of the record from that time (trailer `Redfirst-Red: <checkpoint>`). Without that it holds as a reconstructed red, which is shown and is weaker: nobody can tell that the tests were there first.',
    example: ['P15  holds         red was recorded first', '     weaker: reconstructed red'],
    next: 'For the next feature: put the checkpoint that `redfirst red` prints into the first commit of the implementation, as a trailer `Redfirst-Red: 17:9f86d0…`.',
  },
};

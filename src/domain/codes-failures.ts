import type { Explanation } from './explanation.ts';
import type { FailureReason } from './failure.ts';

/** Why a command could not do its work. The reason stands in the JSON of `--json`. */
export const FAILURES: Readonly<Record<FailureReason, Explanation>> = {
  usage: {
    title: 'the command line is not understood',
    meaning:
      'An unknown command, a missing operand, or an option with a value that it does not take. Nothing ran (exit code 2).',
    example: ['error: --phase is red or green, not "blue"', '  next: redfirst plan --help'],
    next: 'Read the help of the command: `redfirst COMMAND --help`.',
  },
  'not-a-repository': {
    title: 'there is no git repository here',
    meaning:
      'Corners are commits, so everything but `explain` and the help needs a repository. Nothing ran (exit code 2).',
    example: ['error: /tmp is not inside a git repository', '  next: change to one, or name it with -C'],
    next: 'Change into the repository, or name it with `-C FOLDER`.',
  },
  'configuration-missing': {
    title: 'a file of the configuration does not exist',
    meaning:
      'A file (redfirst.yaml, a scenario or a profile) is not where it was looked for. Nothing ran (exit code 2).',
    example: ['error: there is no scenarios/pause-guest/scenario.yaml', '  next: redfirst init pause-guest'],
    next: 'Make it with `redfirst init FEATURE`, or correct the name.',
  },
  'configuration-invalid': {
    title: 'the configuration has mistakes',
    meaning: 'All mistakes are reported at once, each with file, line and column. Nothing ran (exit code 2).',
    example: [
      'error: unknown grade "vm"',
      '  at scenarios/pause-guest/scenario.yaml:31:13',
      '  31 |     grade: [vm]',
      '     |             ^',
    ],
    next: 'Mend every mistake that is listed; an editor that knows the schema finds them while you type.',
  },
  'commit-unknown': {
    title: 'a revision does not name a commit',
    meaning:
      'What was given as --base, --red or --head is not known to this repository, perhaps because the clone is shallow.',
    example: ['error: no commit is named "v9"', '  next: fetch it, or name another revision'],
    next: 'Check the spelling, fetch the branch, or deepen a shallow clone (`git fetch --unshallow`).',
  },
  'corners-invalid': {
    title: 'the commits do not stand in the order B, R, H',
    meaning:
      'The base has to come before the red commit and the red commit before the head, all of them different where the phase needs it.',
    example: [
      'error: R 3fa91c0d2e is not an ancestor of H 77b0aa1c9d',
      '  next: rebase, or name the red commit with --red',
    ],
    next: 'Name the right commits with --base, --red and --head, or rebase so that the tests come first.',
  },
  'boundary-violated': {
    title: 'the red commit holds implementation',
    meaning:
      'Between B and R only tests and supporting files may change. With the code already there, a red shows nothing.',
    example: ['error: 1 path of the role implementation changes before R', '  error: pkg/pause/pause.go'],
    next: 'Split the commit: tests first, the code after it. Where the path is no implementation, give it another role under `paths`.',
  },
  'path-unclassified': {
    title: 'a changed path has no role',
    meaning:
      'Every path that a change touches is tests, implementation, support, generated or neutral. One that no glob names is refused, because it could be either side.',
    example: ['error: 1 changed path has no role', '  error: tools/gen.lua'],
    next: 'Name it under `paths` in redfirst.yaml or in the scenario.',
  },
  'dirty-tree': {
    title: 'the work tree has changes that are not committed',
    meaning: 'Evidence belongs to commits. A run of HEAD with other files beside it would belong to none.',
    example: ['error: 2 files are not committed', '  next: commit them, or use --draft (which proves nothing)'],
    next: 'Commit or stash the changes; `--draft` runs all the same and proves nothing.',
  },
  'git-failed': {
    title: 'git ended with an error',
    meaning: 'A git command that should work here did not; its own words stand in the message (exit code 3).',
    example: ['error: git rev-parse failed: fatal: bad object'],
    next: 'Run the quoted command yourself; `git fsck` finds a damaged repository.',
  },
  'worktree-failed': {
    title: 'a worktree could not be prepared',
    meaning:
      'Suites run in pooled worktrees beside the repository. One of them could not be made, locked or cleaned (exit code 3).',
    example: ['error: the worktree pool cannot be written: EACCES'],
    next: 'Check space and permissions of the cache folder that the message names.',
  },
  'setup-command-failed': {
    title: 'a set-up command of the scenario failed',
    meaning:
      'A command under `setup` ended with an error in the fresh worktree, so no suite was started (exit code 3).',
    example: ['error: setup npm-ci failed: exit code 1'],
    next: 'Run the command in a fresh clone at that commit; a file that is not committed is the usual cause.',
  },
  'tool-missing': {
    title: 'a program that is needed is not installed',
    meaning: 'Something that the environment or the suite needs was not found on PATH (exit code 3).',
    example: ['error: qemu-system-x86_64 is not installed', '  next: apt-get install qemu-system-x86'],
    next: 'Install what the message names, or let `redfirst doctor --fix` do it; `redfirst doctor` lists everything at once.',
  },
  'environment-failed': {
    title: 'the environment could not be provided',
    meaning:
      "The profile's provider could not bring the environment up or keep it up. This speaks neither for nor against tests and code (exit code 3).",
    example: ['error: no guest booted within 20 s with accelerator kvm'],
    next: 'Run `redfirst doctor PROFILE`; its findings say how to mend each cause.',
  },
  'below-grade': {
    title: 'the environment is less real than what is demanded',
    meaning: 'A suite demands a realism grade that the probes did not find in the environment of its profile.',
    example: ['error: e2e demands vmm, which host was not found to have'],
    next: 'Choose a profile that has the grade; `redfirst doctor PROFILE` says what was found.',
  },
  'store-failed': {
    title: 'the evidence store cannot be used',
    meaning:
      'It could not be opened, written or read: permissions, a full disk, or a store of a newer version (exit code 3). Nothing that was reported as recorded is lost.',
    example: [
      'error: the store cannot be written: ENOSPC',
      '  next: free some space; `redfirst prune` removes old runs',
    ],
    next: 'Mend what the message names and run it again.',
  },
  'store-integrity': {
    title: 'the evidence store contradicts itself',
    meaning:
      'Digests or the chain of events do not agree with what is stored: it was changed, or the disk is failing (exit code 5).',
    example: ['error: event 42 does not continue the chain'],
    next: 'Do not build on it. `redfirst verify` lists every break; use a copy from before, or record again.',
  },
  'not-found': {
    title: 'what was asked for is not recorded',
    meaning: 'No run, feature or artifact of that name is in the store, or the beginning of it fits several.',
    example: ['error: no run r2026 is recorded', '  next: list the runs with `redfirst status`'],
    next: 'List what there is with `redfirst status`; `--store` names another store.',
  },
  'export-failed': {
    title: 'a report could not be written',
    meaning:
      'The target folder or file could not be made or written (exit code 3). The evidence itself is not touched.',
    example: ['error: the report could not be written: EACCES: permission denied'],
    next: 'Name another folder with `--out`, or mend its permissions.',
  },
  interrupted: {
    title: 'the command was stopped',
    meaning:
      'By Ctrl-C, a signal or a deadline. What was started was cleaned up, and what was recorded stays (exit code 130 or 143).',
    example: ['error: stopped while the probe guest booted', '  next: run it again'],
    next: 'Run it again.',
  },
};

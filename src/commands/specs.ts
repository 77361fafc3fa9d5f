/** One command as a person sees it. The command line parser, the help, the completion and the reference are made of this. */
export interface CommandSpec {
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  /** In commander's notation: `<feature...>`, `[run]`. */
  readonly operands: readonly (readonly [notation: string, description: string])[];
  readonly options: readonly (readonly [flags: string, description: string])[];
  readonly example: readonly string[];
}

export const GLOBAL_OPTIONS: CommandSpec['options'] = [
  ['--json', 'print one JSON document on standard output and nothing else there'],
  ['--store <folder>', "evidence store (default: redfirst/ in the repository's common git folder)"],
  ['-C, --cwd <folder>', 'run as if started there'],
];

const CORNER_OPTIONS: CommandSpec['options'] = [
  ['--base <rev>', 'corner B (default: where the branch left the base that redfirst.yaml names)'],
];

const RUN_OPTIONS: CommandSpec['options'] = [
  [
    '--suite <name>...',
    'only this suite, and each further one that is named so; counts only where they are the first of the order',
  ],
  ['--attempts <n>', 'attempts per suite, in place of what the scenario fixes'],
  ['--seed <n>', "seed that every attempt's seed is derived from, to repeat an order"],
  ['--keep-going', 'go on with the next suite after one that does not hold (red does so anyway)'],
  ['--fail-fast', 'stop at the first suite that does not hold (green does so anyway)'],
  ['--keep', 'keep a cluster that this run made, and say how to reach it'],
  ['--draft', 'run in your own tree, dirty or not; recorded as a draft, proves nothing'],
];

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'pr',
    group: 'Begin',
    summary: 'what the tests of a change really show, case by case; read-only, needs no configuration',
    operands: [
      [
        '[change]',
        'number of a pull request, merge commit, commit, branch, or BASE..HEAD (default: this branch against its base)',
      ],
    ],
    options: [
      [
        '--stub <commit|patch>',
        'declarations that let the tests build where the code does not exist (corner S); auto proposes them',
      ],
      ['--target <path>...', 'only this package folder or test file, and each further one that is named so'],
      ['--timeout <time>', "most time for one package's tests at one corner, such as 90s or 20m (default: 10m)"],
      ['--shuffles <n>', 'further attempts in random order where something is red (default: 1)'],
      ['--seed <n>', 'seed of the first shuffled attempt'],
      ['--markdown', 'print a review comment'],
      ['--verbose', 'every touched case with its reason, not only those that need a word'],
    ],
    example: ['redfirst pr 18374', 'redfirst pr main..my-branch --markdown'],
  },
  {
    name: 'init',
    group: 'Begin',
    summary: 'write redfirst.yaml, a first scenario and cluster profiles into this repository',
    operands: [['[feature]', 'slug of the first feature (default: my-feature)']],
    options: [
      ['--preset <name>', 'path roles for go, typescript, python or kubevirt (default: what the files suggest)'],
    ],
    example: ['redfirst init pause-guest --preset go'],
  },
  {
    name: 'doctor',
    group: 'Begin',
    summary: 'check this machine for what the profiles need, and say how to mend each finding',
    operands: [['[profile...]', 'profiles in clusters/ (default: all)']],
    options: [
      [
        '--fix',
        'install what the profiles need and this machine lacks: kind, kubectl, virtctl, etcd and kube-apiserver',
      ],
      ['--provision', 'make the cluster of a profile where it is not up, look at it, and remove it again'],
    ],
    example: ['redfirst doctor qemu', 'redfirst doctor --fix kind-kubevirt'],
  },
  {
    name: 'cluster',
    group: 'Begin',
    summary: 'bring up, take down, list and identify clusters of profiles, which runs then use again',
    operands: [
      ['<action>', 'up, inspect, down, list, snapshot or bake'],
      ['[profile]', 'profile in clusters/'],
    ],
    options: [
      ['--all', 'down: every cluster that redfirst made on this machine'],
      ['--fresh', 'up: from nothing, although there is a snapshot or a baked node image'],
      ['--system <name>', 'up, inspect: with this system under test, of those in the profile'],
      ['--force', 'snapshot, bake: in place of what is there'],
      ['--remove', "snapshot, bake: remove the profile's instead of making one"],
    ],
    example: [
      'redfirst cluster up kind-kubevirt',
      'redfirst cluster snapshot kind-kubevirt',
      'redfirst cluster down --all',
    ],
  },
  {
    name: 'plan',
    group: 'Begin',
    summary: 'show the ordered plan: suites, runners, environments, attempts, what covers each criterion',
    operands: [['<feature>', 'feature']],
    options: [
      ['--phase <phase>', 'red or green (default: red)'],
      ['--no-cases', 'do not ask the runners which cases they would run'],
    ],
    example: ['redfirst plan pause-guest'],
  },
  {
    name: 'red',
    group: 'Record',
    summary: 'run the suites where the code does not exist yet, and record how they fail',
    operands: [['<feature...>', 'features, run one after the other on one environment']],
    options: [
      ['--red <rev>', 'corner R (default: HEAD, which needs a clean tree)'],
      [
        '--stub <rev|patch>',
        'run at S: R with a stub that declares what the tests miss, as a commit above R or a patch file',
      ],
      ...CORNER_OPTIONS,
      ...RUN_OPTIONS,
    ],
    example: [
      'redfirst red pause-guest',
      'redfirst red pause-guest --red HEAD~2 --base main',
      'redfirst red pause-guest --stub stub.patch',
    ],
  },
  {
    name: 'stub',
    group: 'Record',
    summary: 'propose a stub for Go tests that do not build yet: what the code declares, without behaviour, as a patch',
    operands: [['[change]', 'feature, number of a pull request, commit, branch, or BASE..HEAD (default: this branch)']],
    options: [
      ['--out <file>', 'write the patch there (default: standard output)'],
      ['--head <rev>', 'of a feature: corner H, where the names are declared (default: HEAD)'],
      ['--red <rev>', 'of a feature: corner R (default: the commit of the recorded red run)'],
      ...CORNER_OPTIONS,
    ],
    example: ['redfirst stub pause-guest --out stub.patch', 'redfirst stub main..my-branch'],
  },
  {
    name: 'green',
    group: 'Record',
    summary: 'run the same suites where the code exists, and record that they pass',
    operands: [['<feature...>', 'features, run one after the other on one environment']],
    options: [
      ['--head <rev>', 'corner H (default: HEAD, which needs a clean tree)'],
      [
        '--red <rev>',
        'corner R (default: the commit of the recorded red run; `synthesise` makes it from B and the tests of H)',
      ],
      ...CORNER_OPTIONS,
      ...RUN_OPTIONS,
    ],
    example: ['redfirst green pause-guest'],
  },
  {
    name: 'run',
    group: 'Record',
    summary: 'for CI: do the phase that the recorded state calls for, then prove',
    operands: [['<feature...>', 'features']],
    options: [...CORNER_OPTIONS, ...RUN_OPTIONS],
    example: ['redfirst run pause-guest'],
  },
  {
    name: 'prove',
    group: 'Judge',
    summary: 'judge every obligation over the recorded evidence and the commits',
    operands: [['<feature>', 'feature']],
    options: [
      ['--head <rev>', 'corner H (default: HEAD)'],
      ['--red <rev>', 'corner R (default: the commit of the recorded red run)'],
      ...CORNER_OPTIONS,
    ],
    example: ['redfirst prove pause-guest'],
  },
  {
    name: 'corners',
    group: 'Judge',
    summary: 'run a feature at all its corners at once, and show the role of every touched case; records nothing',
    operands: [['<feature>', 'feature']],
    options: [
      ['--head <rev>', 'corner H (default: HEAD)'],
      ['--red <rev>', 'corner R (default: composed of B and the tests of H)'],
      ...CORNER_OPTIONS,
      [
        '--stub <commit|patch>',
        'declarations that let the tests build where the code does not exist (corner S); auto proposes them',
      ],
      ['--timeout <time>', 'most time for one target at one corner, such as 90s or 20m (default: 10m)'],
      ['--shuffles <n>', 'further attempts in random order where something is red (default: 1)'],
      ['--seed <n>', 'seed of the first shuffled attempt'],
      ['--markdown', 'print a review comment'],
      ['--verbose', 'every touched case with its reason, not only those that need a word'],
    ],
    example: ['redfirst corners pause-guest'],
  },
  {
    name: 'status',
    group: 'Judge',
    summary: 'features by suites: red, green, proven, stale, regressed',
    operands: [],
    options: [],
    example: ['redfirst status --json'],
  },
  {
    name: 'show',
    group: 'Judge',
    summary: 'one run in full: suites, attempts, cases with their verdicts, artifacts',
    operands: [['[run]', 'run id, or a feature for its latest run (default: the latest of all)']],
    options: [
      ['--artifact <sha256>', 'print a stored artifact instead'],
      ['--all', 'untouched cases too'],
    ],
    example: ['redfirst show r20261122T164105Z-3fa9', 'redfirst show --artifact 9f86d081'],
  },
  {
    name: 'judge',
    group: 'Judge',
    summary: "judge a runner's recorded output, without running anything and without a scenario",
    operands: [],
    options: [
      ['--phase <phase>', 'red (default) or green: what the one run given here was'],
      ['--runner <name>', 'go (default; ginkgo too), vitest, pytest, junit or tap'],
      ['--gotest <file>', 'stream of `go test -json`, gzipped or not'],
      ['--ginkgo <file>', "ginkgo's JSON report; where it was never written, name it all the same"],
      ['--report <file>', "any other runner's report"],
      ['--exit <code>', "the runner's exit code"],
      ['--folder <path>', 'folder of the package, relative to the repository'],
      [
        '--corner <corner=file>...',
        'in place of these: a JSON file of packages with their reports, per corner B, R, S, X, H',
      ],
      [
        '--touched <file>',
        'JSON: path to the line ranges that the change touches (default: every case counts as touched)',
      ],
      ['--sources <folder>', 'checkout of the tests: tells a fault of the tests from a name that is missing'],
      ['--contract <class[=pattern]>', 'what the red is declared to be, e.g. panic or not-found=no such vm'],
      ['--all', 'untouched cases too'],
    ],
    example: [
      'redfirst judge --phase red --gotest red.json --ginkgo red.ginkgo.json --exit 1',
      'redfirst judge --corner B=b.json --corner R=r.json --corner H=h.json --touched touched.json --json',
    ],
  },
  {
    name: 'explain',
    group: 'Judge',
    summary: 'what a verdict, obligation, role or grade means, with an example and the next step',
    operands: [['[code]', 'code, as any report shows it (default: list all)']],
    options: [],
    example: ['redfirst explain red/assertion', 'redfirst explain P06'],
  },
  {
    name: 'verify',
    group: 'Judge',
    summary: 'recompute chain, row digests, artifacts and checkpoints of the store',
    operands: [],
    options: [['--checkpoint <seq:hash>', 'a head that you noted elsewhere: the store must contain it']],
    example: ['redfirst verify --checkpoint 42:9f86d0…'],
  },
  {
    name: 'export',
    group: 'Share',
    summary: 'write reports from recorded evidence: the same store gives the same bytes',
    operands: [
      ['<format>', 'junit'],
      ['[run...]', 'run ids or features (default: the latest run of every feature and phase)'],
    ],
    options: [
      ['--out <folder>', 'folder to write to (default: redfirst-junit)'],
      ['--merged', 'also write junit.xml with all suites in one document'],
      ['--mode <mode>', 'verdict: what the case proves (default); outcome: what the runner saw'],
    ],
    example: ['redfirst export junit pause-guest --out reports'],
  },
  {
    name: 'import',
    group: 'Share',
    summary: 'record reports that other tools wrote, as imported: shown, and never counted by prove',
    operands: [['<file...>', 'JUnit, TAP, `go test -json`, ginkgo JSON; any of them may be gzipped']],
    options: [
      ['--feature <name>', 'the feature that they are about'],
      ['--commit <rev>', 'the commit that they are said to be of'],
      ['--format <name>', 'junit, tap, go, ginkgo, vitest or pytest (default: what the file looks like)'],
      ['--exit <n>', 'exit code of what wrote them, as a second witness'],
    ],
    example: ['redfirst import junit.xml --feature pause-guest --commit HEAD'],
  },
  {
    name: 'prune',
    group: 'Share',
    summary: 'remove pooled worktrees, cached set-up outputs and what interrupted runs left behind',
    operands: [],
    options: [['--dry-run', 'say what would be removed, and remove nothing']],
    example: ['redfirst prune --dry-run'],
  },
  {
    name: 'completion',
    group: 'Share',
    summary: 'print a completion script for bash, zsh or fish',
    operands: [['<shell>', 'bash, zsh or fish']],
    options: [],
    example: ['source <(redfirst completion bash)'],
  },
];

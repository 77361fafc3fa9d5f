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
  ['--draft', 'run in your own tree, dirty or not; recorded as a draft, proves nothing'],
];

export const COMMANDS: readonly CommandSpec[] = [
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
    options: [],
    example: ['redfirst doctor qemu'],
  },
  {
    name: 'plan',
    group: 'Begin',
    summary: 'show the ordered plan: suites, runners, environments, attempts, what covers each criterion',
    operands: [['<feature>', 'feature']],
    options: [['--phase <phase>', 'red or green (default: red)']],
    example: ['redfirst plan pause-guest'],
  },
  {
    name: 'red',
    group: 'Record',
    summary: 'run the suites where the code does not exist yet, and record how they fail',
    operands: [['<feature...>', 'features, run one after the other on one environment']],
    options: [['--red <rev>', 'corner R (default: HEAD, which needs a clean tree)'], ...CORNER_OPTIONS, ...RUN_OPTIONS],
    example: ['redfirst red pause-guest', 'redfirst red pause-guest --red HEAD~2 --base main'],
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

import * as z from 'zod';
import { RED_CLASSES } from '../domain/scenario.ts';
import { PRESET_NAMES } from './presets.ts';
import { API_VERSION, waits } from './profile-schema.ts';
import {
  argv,
  duration,
  environment,
  envName,
  folder,
  glob,
  label,
  path,
  pattern,
  revision,
  sentence,
} from './schema-leaves.ts';

const apiVersion = z.literal(API_VERSION).meta({ description: 'Version of the file format.' });
const suiteName = (description: string) => z.enum(['contract', 'integration', 'e2e', 'unit']).meta({ description });
const evidenceGrade = (description: string) => z.enum(['A+', 'A', 'B', 'C']).meta({ description });
const globs = (description: string) => z.array(glob).min(1).meta({ description });

const pathRule = z
  .strictObject({
    preset: z.enum(PRESET_NAMES).optional().meta({ description: 'The rules of a preset, laid in here.' }),
    tests: globs('Tests, helpers, fixtures, mocks: unchanged from red to green.').optional(),
    implementation: globs('What the tests are to prove: absent at red.').optional(),
    support: globs('Manifests, vendored code, build files: allowed on both sides.').optional(),
    generated: globs('Files that a generator writes.').optional(),
    neutral: globs('Documentation and ownership: no evidence either way.').optional(),
  })
  .meta({ id: 'pathRule', description: 'One role with its globs, or a preset.', minProperties: 1, maxProperties: 1 });

const paths = z.array(pathRule).default([]).meta({
  description:
    'Roles of the changed paths, in order: the last glob that matches wins. A path without a role is refused.',
});

export const configSchema = z
  .strictObject({
    apiVersion,
    base: revision('Revision that features branch from; the base corner is the merge base with it.').default('main'),
    scenarios: folder('Folder of the scenarios, one sub-folder each.', ['scenarios', 'test/scenarios']).default(
      'scenarios',
    ),
    clusters: folder('Folder of the profiles of environments.', ['clusters', 'test/clusters']).default('clusters'),
    paths,
    policy: z
      .strictObject({
        grade: evidenceGrade('The least evidence grade that `prove` accepts without exit code 4.').default('C'),
      })
      .default({ grade: 'C' })
      .meta({ description: 'What the repository asks of a proof.' }),
    redact: z
      .array(envName)
      .default([])
      .meta({ description: 'Names of environment variables whose values are cut from everything that is stored.' }),
  })
  .meta({ title: 'redfirst.yaml', description: "The repository's configuration, at its root." });

const redClass = z
  .enum(RED_CLASSES)
  .default('assertion')
  .meta({ description: 'How a case must fail while the code does not exist.' });

const redPattern = pattern('What the normalised failure message must contain.').optional();

const attempts = (phase: string) =>
  z
    .int()
    .min(1)
    .max(50)
    .optional()
    .meta({ description: `Attempts at ${phase}; those of the evidence grade unless named, never fewer.` });

const suite = z
  .strictObject({
    runner: z
      .enum(['vitest', 'node-test', 'go-test', 'ginkgo', 'pytest', 'command'])
      .meta({ description: 'What runs the cases and reports them.' }),
    select: z
      .strictObject({
        files: z
          .array(path('A file, folder or Go package pattern.'))
          .default([])
          .meta({ description: "Files or packages handed to the runner, from the repository's root." }),
        cases: pattern(
          'Only cases whose full name matches belong to the feature; others are recorded and ignored.',
        ).optional(),
      })
      .default({ files: [] })
      .meta({ description: 'Which tests belong to the suite.' }),
    command: argv(
      'Program and arguments of runner `command`; it writes its report to $REDFIRST_REPORT. No shell is involved.',
    ).optional(),
    reportFormat: z
      .enum(['junit', 'tap', 'ginkgo'])
      .optional()
      .meta({ description: 'What `command` writes; junit unless named. `ginkgo` is the JSON report of ginkgo v2.' }),
    profile: label('Name of the profile in `clusters/` that the suite runs on.', ['host', 'qemu']).default('host'),
    grade: z
      .array(z.enum(['api', 'vmm', 'cluster', 'virt']).meta({ description: 'A member of a realism grade.' }))
      .default([])
      .meta({
        description:
          'Realism that the environment must be found to have: api, vmm, cluster, virt; none for a process on the host.',
      }),
    red: z
      .strictObject({ class: redClass, pattern: redPattern })
      .optional()
      .meta({ description: 'Red contract of the whole suite: what its drivers must fail with.' }),
    contracts: z
      .array(
        z
          .strictObject({
            match: pattern('Full names of the cases that it covers.'),
            class: redClass,
            pattern: redPattern,
          })
          .meta({ description: 'A red contract for some cases.' }),
      )
      .default([])
      .meta({ description: 'Red contracts for some cases; nearer than `red`.' }),
    controls: z
      .array(pattern('Full names of controls.'))
      .default([])
      .meta({ description: 'Cases that pass without the feature, and show that the environment works.' }),
    roles: z
      .array(
        z
          .strictObject({
            match: pattern('Full names of the cases.'),
            role: z
              .enum(['guard', 'characterization'])
              .meta({ description: 'guard: stays green on purpose; characterization: pins what is.' }),
          })
          .meta({ description: 'A declared role.' }),
      )
      .default([])
      .meta({ description: 'Cases that are green at red time on purpose.' }),
    deadline: duration('Deadline of one attempt.').default('5m'),
    evidence: evidenceGrade(
      'Evidence grade, which fixes the attempts; C for e2e and A for the others unless named.',
    ).optional(),
    attempts: z
      .strictObject({ red: attempts('red'), green: attempts('green') })
      .optional()
      .meta({ description: 'Attempts, fixed beforehand.' }),
    env: environment(
      'Environment variables for the runner. REDFIRST_*, KUBECONFIG, HOME and SSH_AUTH_SOCK are reserved.',
    ).default({}),
    wrapper: z.array(z.string().min(1)).default([]).meta({
      description: 'Program and arguments that the runner is started through, such as a container or a nix shell.',
    }),
  })
  .meta({ id: 'suite', description: 'One suite of tests.' });

export const scenarioSchema = z
  .strictObject({
    apiVersion,
    feature: label("Name of the feature; the same as the scenario's folder.", ['pause-guest']),
    kind: z
      .enum(['feature', 'bugfix', 'refactor', 'graduation'])
      .meta({ description: 'What the change is; decides which obligations a proof has.' }),
    problem: sentence('The problem that the feature solves, for somebody who does not know it.'),
    stories: z
      .array(
        z
          .strictObject({
            as: sentence('Who wants it.'),
            want: sentence('What they want.'),
            so: sentence('What they gain.'),
          })
          .meta({ description: 'As …, I want …, so that …' }),
      )
      .default([])
      .meta({ description: 'User stories.' }),
    criteria: z
      .array(
        z
          .strictObject({
            id: z
              .string()
              .regex(/^[A-Za-z][A-Za-z0-9._-]{0,62}$/, 'an id: a letter, then letters, digits, ".", "_" or "-"')
              .meta({
                description: 'Id of the criterion; a test may name it in its own name or label.',
                examples: ['AC-1'],
              }),
            text: sentence('What must be so.'),
            cases: z
              .array(
                z
                  .strictObject({
                    suite: suiteName('The suite of the cases.'),
                    match: pattern('Full names of the cases.'),
                  })
                  .meta({ description: 'Cases that show the criterion.' }),
              )
              .default([])
              .meta({ description: 'The cases that show it; at least one must be a driver.' }),
          })
          .meta({ description: 'One acceptance criterion.' }),
      )
      .default([])
      .meta({ description: 'Acceptance criteria; required for features and bug fixes.' }),
    nonFunctional: z
      .array(sentence('One requirement.'))
      .default([])
      .meta({ description: 'Non-functional requirements.' }),
    integrationPoints: z
      .array(sentence('One component or interface.'))
      .default([])
      .meta({ description: 'What the feature touches outside itself.' }),
    paths,
    setup: z
      .array(
        z
          .strictObject({
            name: label('Name of the step.', ['npm-ci']),
            run: argv('Program and arguments. No shell is involved.'),
            inputs: z
              .array(path('A file or folder.'))
              .min(1)
              .meta({ description: 'Files and folders whose content decides whether the step must run again.' }),
            outputs: z
              .array(
                path('A file or folder.').refine(
                  (text) => !/^\.?\/*$|^(?:\.\/)*\.git(?:\/|$)/.test(text),
                  'an output: it holds the repository itself',
                ),
              )
              .default([])
              .meta({
                description: 'Untracked files and folders that the step makes; cached, and laid into the worktree.',
              }),
            deadline: duration('Deadline of the step.').default('5m'),
          })
          .meta({ description: 'One step.' }),
      )
      .default([])
      .meta({ description: 'Commands that prepare a worktree, run once for each content of their inputs.' }),
    suites: z
      .strictObject({
        contract: suite.optional().meta({ description: 'Contract tests: APIs and formats; first to run.' }),
        integration: suite.optional().meta({ description: 'Integration tests: components together; second.' }),
        e2e: suite.optional().meta({ description: 'End-to-end tests, in a realistic environment; third.' }),
        unit: suite.optional().meta({ description: 'Unit tests; last.' }),
      })
      .meta({
        description: 'The suites; they run in the order contract, integration, e2e, unit, however they stand here.',
      }),
    gate: z
      .strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z][A-Za-z0-9]*$/, 'the name of a feature gate')
          .meta({ description: 'Name of the gate.', examples: ['PauseGuest'] }),
        default: z.literal('off').meta({ description: 'A gate starts off (article 3).' }),
      })
      .optional()
      .meta({ description: 'The feature gate that the feature stands behind.' }),
    system: z
      .strictObject({
        red: label('System of the profile (`systems`) that red runs against.', ['base']).optional(),
        green: label('System of the profile that green runs against.', ['head']).optional(),
        build: z
          .strictObject({
            run: argv('Program and arguments, run in the worktree at the corner. No shell is involved.'),
            images: z
              .array(
                z
                  .string()
                  .regex(/^[^\s-]\S*$/, 'the name of an image')
                  .meta({ description: 'An image.' }),
              )
              .default([])
              .meta({
                description: "Images that it makes; {commit} stands for the corner's commit ($REDFIRST_COMMIT).",
              }),
            manifests: z
              .array(path('A file below $REDFIRST_BUILD.'))
              .default([])
              .meta({ description: 'Manifests that it writes to $REDFIRST_BUILD; applied in order.' }),
            wait: waits('What must hold before the suites start.'),
            deadline: duration('Deadline of the build.').default('30m'),
          })
          .optional()
          .meta({ description: 'A command that builds the system at each corner.' }),
      })
      .refine(
        ({ red, green, build }) =>
          build === undefined ? red !== undefined && green !== undefined : red === undefined && green === undefined,
        {
          message: 'a system under test: name "red" and "green", or give "build"',
        },
      )
      .optional()
      .meta({ description: 'How what is under test gets into the cluster, in each phase.' }),
    deadline: duration('Deadline of a whole run.').default('30m'),
  })
  .meta({ title: 'scenario.yaml', description: "The specification of a feature's tests." });

export type ConfigFile = z.output<typeof configSchema>;
export type ScenarioFile = z.output<typeof scenarioSchema>;
export type SuiteFile = z.output<typeof suite>;

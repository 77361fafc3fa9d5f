import * as z from 'zod';

/** What `redfirst judge` is given: recorded output of runners, and the lines that a change touches. JSON, or YAML. */

const filePath = (description: string): z.ZodString => z.string().min(1).meta({ description });

const run = z
  .strictObject({
    runner: z
      .enum(['go', 'ginkgo', 'vitest', 'pytest', 'junit', 'tap'])
      .default('go')
      .meta({ description: 'What wrote the output. `go` reads a ginkgo report beside it too, where one is named.' }),
    gotest: filePath('Stream of `go test -json`; may be gzipped. Relative to this file.').optional(),
    ginkgo: filePath(
      'JSON report of ginkgo v2; may be gzipped. A file that is not there is a report that was never written.',
    )
      .nullable()
      .optional(),
    report: filePath('Report of any other runner; may be gzipped.').optional(),
    exit: z.int().min(0).max(255).meta({ description: "The runner's exit code." }),
    order: z
      .enum(['declared', 'shuffled', 'drivers-alone'])
      .default('declared')
      .meta({ description: 'The order in which the cases ran.' }),
    only: z.array(z.string()).optional().meta({ description: 'Full names of the cases that ran alone.' }),
  })
  .meta({ description: 'One attempt of one package or test file.' });

export const cornerSchema = z
  .strictObject({
    packages: z.record(z.string().min(1), z.union([run, z.array(run).min(1), z.null()])).meta({
      description:
        'By folder of the package, or path of the test file, relative to the repository; null where it is not there at this corner.',
    }),
  })
  .meta({
    title: 'corner',
    description:
      'What ran at one corner, for `redfirst judge --corner R=FILE`: per package its attempts, the declared order first.',
  });

const ranges = z
  .array(z.tuple([z.int().min(1), z.int().min(1)]))
  .default([])
  .meta({ description: 'First and last line of each range, counted from 1.' });

export const touchedSchema = z
  .record(
    z.string().min(1),
    z
      .strictObject({
        new: ranges.meta({ description: 'Lines at R, S and H.' }),
        old: ranges.meta({ description: 'Lines at B and X.' }),
        oldPath: filePath('Path at B, where it was another.').optional(),
      })
      .meta({ description: 'What the change touches in one file.' }),
  )
  .meta({
    title: 'touched',
    description: 'The lines that a change touches in its test files, for `redfirst judge --touched FILE`.',
  });

export type CornerFile = z.output<typeof cornerSchema>;
export type RecordedRun = z.output<typeof run>;
export type TouchedFile = z.output<typeof touchedSchema>;

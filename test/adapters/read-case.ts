import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnerName } from '../../src/domain/vocabulary.ts';
import type { ReadReport } from '../../src/suite/runner.ts';
import { runnerFor } from '../../src/suite/runners.ts';
import { layFixtures, makeFolder, makeSpec, removeFolder } from '../unit/suite/suite-lab.ts';

/** `case.json`: what was run, and how it ended. */
export interface RecordedCase {
  readonly tool: string;
  readonly runner: RunnerName;
  readonly reportFormat?: 'junit' | 'tap' | 'ginkgo';
  readonly exit: number;
  readonly files: readonly string[];
  /** Folder of test/fixtures/adapters that lay in the worktree. */
  readonly fixtures?: string;
}

export const WORKTREE = '{{worktree}}';

/** Reads a recorded case as the engine would; the worktree's path stands as a placeholder in what is read and in what it gives. */
export async function readCase(folder: string): Promise<ReadReport> {
  const recorded = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as RecordedCase;
  const worktree = makeFolder();
  try {
    if (recorded.fixtures !== undefined) layFixtures(recorded.fixtures, worktree);
    for (const name of ['report', 'stderr']) {
      writeFileSync(
        join(worktree, `.${name}`),
        readFileSync(join(folder, name), 'utf8').replaceAll(WORKTREE, worktree),
      );
    }
    const ginkgo = join(folder, 'ginkgo.json');
    if (existsSync(ginkgo)) {
      mkdirSync(join(worktree, 'report.ginkgo'));
      const text = readFileSync(ginkgo, 'utf8').replaceAll(WORKTREE, worktree);
      writeFileSync(join(worktree, 'report.ginkgo', '1.json'), text);
    }
    const { runner, reportFormat, exit, files } = recorded;
    const report = await runnerFor(runner).read({
      spec: makeSpec({ runner, select: { files }, ...(reportFormat === undefined ? {} : { reportFormat }) }),
      attempt: 1,
      worktree,
      reportPath: join(worktree, '.report'),
      stderrPath: join(worktree, '.stderr'),
      end: { cause: 'exited', code: exit },
      startedAtMs: 0,
      token: 'recorded',
    });
    return JSON.parse(JSON.stringify(report).replaceAll(worktree, WORKTREE)) as ReadReport;
  } finally {
    removeFolder(worktree);
  }
}

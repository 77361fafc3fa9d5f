/** What has to be undone, last in, first out. Each step gets a fresh deadline; failures are collected, not thrown. */
export interface CleanupStack {
  /** @param deadlineMs how long this step may take; the stack's own unless named. */
  push(what: string, undo: () => Promise<void>, deadlineMs?: number): void;
  /** Undoes everything once; a second call finds nothing left. */
  unwind(): Promise<{ readonly done: readonly string[]; readonly failed: readonly string[] }>;
}

/** @param stepDeadlineMs how long a step that names no deadline of its own may take before it is given up and reported. */
export function createCleanupStack(stepDeadlineMs = 20_000): CleanupStack {
  const steps: { what: string; undo: () => Promise<void>; deadlineMs: number }[] = [];
  const unwindAll = async (): Promise<{ done: string[]; failed: string[] }> => {
    const done: string[] = [];
    const failed: string[] = [];
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await withDeadline(step.undo, step.deadlineMs);
        done.push(step.what);
      } catch (error) {
        failed.push(`${step.what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return { done, failed };
  };
  // One after the other: a second caller (a signal during the clean-up) must not undo beside the first, nor return before it.
  let unwinding: Promise<unknown> = Promise.resolve();
  return {
    push: (what, undo, deadlineMs = stepDeadlineMs) => {
      steps.push({ what, undo, deadlineMs });
    },
    unwind: () => {
      const unwound = unwinding.then(unwindAll);
      unwinding = unwound;
      return unwound;
    },
  };
}

async function withDeadline(undo: () => Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${deadlineMs / 1000} s`)), deadlineMs);
  });
  try {
    await Promise.race([undo(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

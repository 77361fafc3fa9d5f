import { liesIn } from './language.ts';

/**
 * Which of `paths` (relative to the repository) a report means by `file`: the same path, or, as compilers shorten paths to
 * import paths (`kubevirt.io/client-go/log/log_test.go`), the longest common ending of at least folder and name, in `target`
 * first. Undefined where none or several would do.
 */
export function matchFile(paths: Iterable<string>, file: string, target: string): string | undefined {
  const wanted = file.replaceAll('\\', '/').replace(/^\.?\/+/, '');
  let best: { path: string; length: number } | undefined;
  let twice = false;
  for (const path of paths) {
    if (path === wanted) return path;
    const length = commonEnding(path, wanted) + (liesIn(path, target) ? 0.5 : 0);
    if (length < Math.min(2, wanted.split('/').length)) continue;
    if (length === best?.length) twice = true;
    if (length <= (best?.length ?? 0)) continue;
    best = { path, length };
    twice = false;
  }
  return twice ? undefined : best?.path;
}

/** Number of path segments that are the same, counted from the end. */
function commonEnding(left: string, right: string): number {
  const [a, b] = [left.split('/').reverse(), right.split('/').reverse()];
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same += 1;
  return same;
}

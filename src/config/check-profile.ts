import { valueAt } from './explain-issue.ts';
import { nearestWord, showValue } from './mistake.ts';
import type { Problem } from './problem.ts';

/** What the schema of a profile cannot say: the guest that the probe boots is one that the profile has. */
export function checkProfile(value: unknown): Problem[] {
  const named = valueAt(value, ['probe', 'guest']);
  if (typeof named !== 'string' || named === 'own') return [];
  const guests = Object.keys((valueAt(value, ['guests']) as object | null | undefined) ?? {});
  if (guests.includes(named)) return [];
  const near = nearestWord(named, ['own', ...guests]);
  return [
    {
      path: ['probe', 'guest'],
      at: 'value',
      severity: 'error',
      what: `there is no guest ${showValue(named)} in this profile${near === undefined ? '' : `; did you mean "${near}"?`}`,
      next: `allowed: ${['own', ...guests].join(', ')}`,
    },
  ];
}

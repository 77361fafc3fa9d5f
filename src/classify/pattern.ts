import { RE2JS } from 're2js';

const compiled = new Map<string, RE2JS>();

/**
 * Whether an RE2 pattern finds something in a text. RE2 runs in linear time, so that no pattern of a scenario
 * can hang a run. The configuration has refused patterns that do not compile.
 */
export function patternFinds(pattern: string, text: string): boolean {
  let re = compiled.get(pattern);
  if (re === undefined) {
    re = RE2JS.compile(pattern);
    compiled.set(pattern, re);
  }
  return re.matcher(text).find();
}

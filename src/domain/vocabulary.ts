/** The kinds of suite. Their mandated order lives in `plan/` alone. */
export type SuiteName = 'contract' | 'integration' | 'e2e' | 'unit';

/** What a feature is; decides which obligations are required. */
export type FeatureKind = 'feature' | 'bugfix' | 'refactor' | 'graduation';

/** A phase is a run of a scenario's suites at one corner, judged for that phase. */
export type Phase = 'red' | 'green';

/** B base, R red, S stubbed red, X old tests on new code, H head. */
export type CornerName = 'B' | 'R' | 'S' | 'X' | 'H';

/** Path roles; `unclassified` is what no glob names, and is refused. */
export type PathRole = 'tests' | 'implementation' | 'support' | 'generated' | 'neutral';

/** Members of a realism grade; the empty set is a process on the host. */
export type GradeMember = 'api' | 'vmm' | 'cluster' | 'virt';

/** `virt` includes all, `cluster` includes `api`. Sorted, without repeats. */
export function closeGrade(members: Iterable<GradeMember>): GradeMember[] {
  const closed = new Set(members);
  if (closed.has('virt')) for (const member of ['api', 'vmm', 'cluster'] as const) closed.add(member);
  if (closed.has('cluster')) closed.add('api');
  return [...closed].sort();
}

/** The members of `demanded` that `found` lacks. */
export function missingGrade(demanded: Iterable<GradeMember>, found: Iterable<GradeMember>): GradeMember[] {
  const have = new Set(closeGrade(found));
  return closeGrade(demanded).filter((member) => !have.has(member));
}

/** Evidence grades (design 6): fixed numbers of red and green attempts. */
export type EvidenceGrade = 'A+' | 'A' | 'B' | 'C';
export const GRADE_ATTEMPTS: Readonly<Record<EvidenceGrade, { readonly red: number; readonly green: number }>> = {
  'A+': { red: 5, green: 5 },
  A: { red: 4, green: 3 },
  B: { red: 2, green: 2 },
  C: { red: 1, green: 1 },
};

/** The order in which one attempt ran its cases. */
export type AttemptOrder = 'declared' | 'shuffled' | 'drivers-alone';

export type RunnerName = 'vitest' | 'node-test' | 'go-test' | 'ginkgo' | 'pytest' | 'command';

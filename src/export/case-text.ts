import type { Observation, ObservedFailure } from '../domain/observation.ts';
import type { Phase } from '../domain/vocabulary.ts';
import type { AttemptEvidence, CaseEvidence } from './evidence-view.ts';
import { bounded, oneLine, plainLineEnds } from './xml-text.ts';

/** Longest text shown for one case, in UTF-16 units; the rest is in the artifact that the text names. */
export const CASE_TEXT_LIMIT = 16_384;
/** Longest value of one fact. */
export const FACT_LIMIT = 2_048;

/** The facts of a case as name and value, in a fixed order; facts that are not known are left out. */
export function caseFacts(evidence: CaseEvidence, phase: Phase): [name: string, value: string][] {
  const { verdict, observations } = evidence;
  const facts: [string, string][] = [['redfirst.case', oneLine(evidence.name)]];
  if (verdict) {
    facts.push(['redfirst.verdict', verdict.code]);
    facts.push(['redfirst.expected', expectedResult(phase, verdict.role)]);
    facts.push(['redfirst.role', verdict.role]);
    if (verdict.strength) facts.push(['redfirst.strength', verdict.strength]);
    if (verdict.criteria.length > 0) facts.push(['redfirst.criteria', verdict.criteria.map(oneLine).join(', ')]);
    if (verdict.signature) facts.push(['redfirst.signature', fact(verdict.signature)]);
  }
  facts.push(['redfirst.outcomes', outcomesText(evidence)]);
  const retried = observations.filter(({ retries }) => retries !== undefined && retries.length > 1);
  if (retried.length > 0) {
    const text = retried.map(({ attempt, retries }) => `attempt ${attempt}: ${retries?.join(', ')}`).join('; ');
    facts.push(['redfirst.retries', text]);
  }
  if (verdict?.detail) facts.push(['redfirst.detail', fact(verdict.detail)]);
  return facts;
}

/** `red` for what must fail before the code exists, `green` for what must pass. */
export function expectedResult(phase: Phase, role: string): 'red' | 'green' {
  return phase === 'red' && (role === 'driver' || role === 'undetermined') ? 'red' : 'green';
}

/** `1 failed, 2 failed, 3 -`: a dash where the attempt did not hold the case. */
function outcomesText({ verdict, observations }: CaseEvidence): string {
  const outcomes = verdict
    ? verdict.outcomes.map((outcome, index) => `${index + 1} ${outcome ?? '-'}`)
    : observations.map(({ attempt, outcome }) => `${attempt} ${outcome}`);
  return outcomes.join(', ') || 'none';
}

/**
 * What the runner said of the failures of a case, once for attempts that agree, cut to CASE_TEXT_LIMIT with a pointer to
 * the stored report. Empty when it never failed.
 */
export function failureText(evidence: CaseEvidence, attempts: readonly AttemptEvidence[]): string {
  const blocks = new Map<string, number[]>();
  for (const observation of evidence.observations) {
    if (observation.outcome === 'passed' && !observation.failure && !observation.additional?.length) continue;
    const block = describe(observation);
    const seen = blocks.get(block);
    if (seen) seen.push(observation.attempt);
    else blocks.set(block, [observation.attempt]);
  }
  const text = [...blocks].map(([block, seen]) => `${numbers(seen)}: ${block}`).join('\n\n');
  if (text.length <= CASE_TEXT_LIMIT) return text;
  const first = evidence.observations.find(({ failure }) => failure)?.attempt;
  return bounded(text, CASE_TEXT_LIMIT, reportPointer(attempts.find(({ attempt }) => attempt === first)));
}

function describe({ outcome, where, failure, additional }: Observation): string {
  const lines = [outcome === 'skipped' ? outcome : `${outcome} in ${where}${failure ? nature(failure) : ''}`];
  if (failure) lines.push(...body(failure));
  for (const further of additional ?? []) lines.push(`also in ${further.where}${nature(further)}`, ...body(further));
  return lines.join('\n');
}

function nature({ type, kind, location }: ObservedFailure): string {
  const place = location && `${location.file}:${location.line}${location.column ? `:${location.column}` : ''}`;
  return ` (${oneLine(type) || kind})${place ? ` at ${oneLine(place)}` : ''}`;
}

function body({ message, missingNames }: ObservedFailure): string[] {
  // Before it is set among other lines: a `\r` at its end must not join the line end that follows it.
  const lines = message ? [plainLineEnds(message)] : [];
  if (missingNames?.length) lines.push(`names that do not exist yet: ${missingNames.map(oneLine).join(', ')}`);
  return lines;
}

function numbers(attempts: readonly number[]): string {
  return attempts.length === 1 ? `attempt ${attempts[0]}` : `attempts ${attempts.join(', ')}`;
}

/** The stored artifact that holds what an attempt's runner reported: its report, else its output. */
export function reportPointer(attempt: AttemptEvidence | undefined): string {
  const artifacts = attempt?.artifacts ?? [];
  const found =
    artifacts.find(({ name }) => name.startsWith('report')) ?? artifacts.find(({ name }) => name === 'stdout');
  return found ? `artifact sha256:${found.sha256} (${oneLine(found.name)})` : 'the evidence store';
}

function fact(text: string): string {
  return bounded(oneLine(text), FACT_LIMIT, '');
}

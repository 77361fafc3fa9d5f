import type { RunId, Sha256 } from '../domain/brand.ts';
import type { EnvironmentIdentity } from '../domain/environment.ts';
import type { ArtifactRef, Corner, EventOf, RecordedEvent } from '../domain/event.ts';
import type { Observation, ReportStatus } from '../domain/observation.ts';
import type { ProcessEnd } from '../domain/process-end.ts';
import type { CaseVerdict, RunVerdict, SuiteVerdict } from '../domain/verdict.ts';
import type { AttemptOrder, Phase, SuiteName } from '../domain/vocabulary.ts';

/** One repetition of a suite, as recorded. */
export interface AttemptEvidence {
  readonly attempt: number;
  readonly order: AttemptOrder;
  readonly seed: number;
  readonly end: ProcessEnd;
  readonly durationMs: number;
  readonly report: ReportStatus;
  readonly artifacts: readonly ArtifactRef[];
}

/** One suite of a run. Its rows are fetched when they are asked for, so that one suite at a time is in memory. */
export interface SuiteEvidence {
  readonly suite: SuiteName;
  /** Place in the mandated order, from 1, as it ran; suites that never started follow in the order of the plan. */
  readonly position: number;
  /** Absent when the suite was planned and never started. */
  readonly startedAtMs?: number;
  /** Absent when the suite was never judged. */
  readonly verdict?: SuiteVerdict;
  /** Absent when its environment was never identified. */
  readonly identity?: EnvironmentIdentity;
  /** Name of the profile that the plan asked for. */
  readonly profile: string;
  readonly attempts: readonly AttemptEvidence[];
  /** Verdicts of its cases, in any order. May be called more than once. */
  readonly cases: () => Iterable<CaseVerdict>;
  /** Its observations, in any order. May be called more than once. */
  readonly observations: () => Iterable<Observation>;
}

/** One run, as every exporter and every terminal view reads it. */
export interface RunEvidence {
  readonly run: RunId;
  readonly feature: string;
  readonly phase: Phase;
  readonly corner: Corner;
  readonly draft: boolean;
  readonly testDigest: Sha256;
  /** `<seq>:<hash>` of the run's last own event: it never changes again, whatever is recorded later. */
  readonly checkpoint: string;
  /** Absent while the run goes on, and when it was interrupted. */
  readonly verdict?: RunVerdict;
  readonly suites: readonly SuiteEvidence[];
  readonly startedAtMs: number;
  readonly finishedAtMs?: number;
  readonly interrupted?: { readonly how: string; readonly detail: string };
}

/** Where the rows of a run come from; the evidence store has both. */
export interface RowSource {
  verdicts(run: RunId, suite: SuiteName): Iterable<CaseVerdict>;
  observations(run: RunId, suite: SuiteName): Iterable<Observation>;
}

interface SuiteDraft {
  readonly attempts: AttemptEvidence[];
  startedAtMs?: number;
  position?: number;
  verdict?: SuiteVerdict;
}

/**
 * Folds the events of one run into what the exporters read. Events of other runs are ignored.
 *
 * @param events in order of `seq`
 * @returns undefined when no `run-started` of that run is among them
 */
export function viewRun(run: RunId, events: Iterable<RecordedEvent>, rows: RowSource): RunEvidence | undefined {
  let started: EventOf<'run-started'> | undefined;
  let startedAtMs = 0;
  let last = '';
  let ending: Partial<Pick<RunEvidence, 'verdict' | 'finishedAtMs' | 'interrupted'>> = {};
  const identities = new Map<string, EnvironmentIdentity>();
  const drafts = new Map<SuiteName, SuiteDraft>();
  const draftOf = (suite: SuiteName): SuiteDraft => {
    const known = drafts.get(suite);
    if (known) return known;
    const draft: SuiteDraft = { attempts: [] };
    drafts.set(suite, draft);
    return draft;
  };

  for (const event of events) {
    const { body } = event;
    if (!('run' in body) || body.run !== run) continue;
    last = `${event.seq}:${event.hash}`;
    switch (body.type) {
      case 'run-started':
        started = body;
        startedAtMs = event.atMs;
        break;
      case 'environment-identified':
        identities.set(body.identity.profile, body.identity);
        break;
      case 'suite-started': {
        const draft = draftOf(body.suite);
        draft.startedAtMs = event.atMs;
        draft.position = body.position;
        break;
      }
      case 'attempt-finished': {
        const { attempt, order, seed, end, durationMs, report, artifacts } = body;
        draftOf(body.suite).attempts.push({ attempt, order, seed, end, durationMs, report, artifacts });
        break;
      }
      case 'suite-judged':
        draftOf(body.verdict.suite).verdict = body.verdict;
        break;
      case 'run-finished':
        ending = { ...ending, verdict: body.verdict, finishedAtMs: event.atMs };
        break;
      case 'run-interrupted':
        ending = { ...ending, interrupted: { how: body.how, detail: body.detail } };
        break;
      case 'gate-observed':
        // The differential is an obligation's matter: no suite of the run has it among its attempts.
        break;
      default:
        body satisfies never;
    }
  }
  if (!started) return undefined;

  const suites = started.plan.map((planned, index): SuiteEvidence => {
    const { suite, profile } = planned;
    const { startedAtMs: at, position, verdict, attempts } = draftOf(suite);
    const identity = identities.get(profile);
    return {
      suite,
      profile,
      position: position ?? index + 1,
      attempts,
      ...(at !== undefined && { startedAtMs: at }),
      ...(verdict && { verdict }),
      ...(identity && { identity }),
      cases: () => rows.verdicts(run, suite),
      observations: () => rows.observations(run, suite),
    };
  });
  // What never started comes after what ran, whatever its place in the plan.
  suites.sort(
    (a, b) => Number(a.startedAtMs === undefined) - Number(b.startedAtMs === undefined) || a.position - b.position,
  );

  const { feature, phase, corner, draft, testDigest } = started;
  return { run, feature, phase, corner, draft, testDigest, checkpoint: last, suites, startedAtMs, ...ending };
}

/** A case with everything that is known of it. `verdict` is absent for a case that was observed and never judged. */
export interface CaseEvidence {
  readonly name: string;
  readonly verdict?: CaseVerdict;
  /** In order of attempts. */
  readonly observations: readonly Observation[];
}

/**
 * Joins verdicts and observations of one suite by name, sorted by name in UTF-16 code units (the same on every machine,
 * unlike a locale's order). Holds one suite; `keep` leaves out what is not wanted before its observations are kept.
 */
export function joinCases(suite: SuiteEvidence, keep: (verdict: CaseVerdict | undefined) => boolean): CaseEvidence[] {
  const joined: { name: string; verdict?: CaseVerdict; observations: Observation[] }[] = [];
  const byName = new Map<string, (typeof joined)[number] | null>();
  for (const verdict of suite.cases()) {
    const entry = keep(verdict) ? { name: verdict.name, verdict, observations: [] } : null;
    if (entry) joined.push(entry);
    // Two verdicts of one name do not happen in a sound record; both are shown, the first carries the observations.
    if (!byName.get(verdict.name)) byName.set(verdict.name, entry);
  }
  const keepUnjudged = keep(undefined);
  for (const observation of suite.observations()) {
    let entry = byName.get(observation.name);
    if (entry === undefined) {
      entry = keepUnjudged ? { name: observation.name, observations: [] } : null;
      if (entry) joined.push(entry);
      byName.set(observation.name, entry);
    }
    entry?.observations.push(observation);
  }
  for (const { observations } of joined) observations.sort((a, b) => a.attempt - b.attempt);
  return joined.sort((a, b) => compare(a.name, b.name) || compare(a.verdict?.code ?? '', b.verdict?.code ?? ''));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether a run's or a suite's verdict is the one that its phase asks for. */
export function holdsFor(phase: Phase, code: string | undefined): boolean {
  return code === (phase === 'red' ? 'red/valid' : 'green/passed');
}

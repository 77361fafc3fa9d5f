import type { Phase } from '../domain/vocabulary.ts';
import type { ScenarioOutcome } from '../engine/run-scenario.ts';
import type { EvidenceStore } from '../evidence/store.ts';
import { viewRun } from '../export/evidence-view.ts';
import { renderFailure, renderVerdictTable } from '../ui/terminal-text.ts';
import type { Output } from './output.ts';

/** Says what a run showed: a table of suites and cases, the verdict, the next step, the checkpoint to note elsewhere. */
export function reportOutcome(
  out: Output,
  store: EvidenceStore,
  { feature, phase }: { readonly feature: string; readonly phase: Phase },
  outcome: ScenarioOutcome,
): void {
  const { run, verdict, suites, cases, checkpoint, failure } = outcome;
  const view = viewRun(run, store.events({ run }), store);
  if (view !== undefined) out.print(renderVerdictTable(view, out));
  if (failure !== undefined) out.print(renderFailure(failure, out));
  const head = `${checkpoint.seq}:${checkpoint.hash}`;
  out.print(`checkpoint ${head}`);
  if (verdict.code !== 'red/valid' && verdict.code !== 'green/passed') {
    out.print(`next: redfirst explain ${verdict.code}; redfirst show ${run}`);
  }
  out.document({
    feature,
    phase,
    run,
    verdict,
    suites,
    cases: cases.filter(({ role }) => role !== 'untouched'),
    checkpoint,
    failure,
  });
}

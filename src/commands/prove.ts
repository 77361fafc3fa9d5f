import { EXIT, type ExitCode, type Failure } from '../domain/failure.ts';
import { foldRuns } from '../domain/run-record.ts';
import { openStore } from '../evidence/open-store.ts';
import type { ProofFacts } from '../proof/proof-facts.ts';
import { type Proof, proveObligations } from '../proof/prove-obligations.ts';
import { renderObligations } from '../ui/terminal-text.ts';
import type { CommandInput, CommandMain } from './command.ts';
import { gatherProof } from './gather-proof.ts';
import { openRecovered } from './open-evidence.ts';
import { openProject } from './open-project.ts';
import { prepareCorner } from './prepare-corner.ts';

/** `redfirst prove FEATURE`: judges every obligation, records the judgement, and lets the exit code say it. */
export const main: CommandMain = async (input) => {
  const refuse = (failure: Failure): ExitCode => {
    input.out.failure(failure);
    return failure.exit;
  };
  const feature = input.operands[0] as string;
  const project = await openProject(input.cwd);
  if (!project.ok) return refuse(project.failure);
  const opened = await openRecovered(input);
  if (!opened.ok) return refuse(opened.failure);
  const store = opened.value;
  const runs = foldRuns(store.events());
  try {
    const prepared = await prepareCorner(project.value, feature, 'green', input, runs, 'judge');
    if (!prepared.ok) return refuse(prepared.failure);
    const facts = await gatherProof(project.value.repo, store, runs, prepared.value);
    if (!facts.ok) return refuse(facts.failure);
    const proof = proveObligations(facts.value);
    if (facts.value.integrityBreaks.length === 0) recordProof(input, store.directory, facts.value, proof);
    input.out.print(renderObligations(proof.obligations, proof.word, input.out));
    input.out.document({ feature, ...proof, corners: prepared.value.corners, testDigest: facts.value.testDigest });
    return exitOf(proof);
  } finally {
    store.close();
  }
};

function recordProof(input: CommandInput, directory: string, facts: ProofFacts, proof: Proof): void {
  const writing = openStore({ directory, tool: input.tool });
  if (!writing.ok) {
    input.out.failure(writing.failure);
    return;
  }
  writing.value.record<'proof-judged'>({
    type: 'proof-judged',
    v: 1,
    feature: facts.scenario.feature,
    testDigest: facts.testDigest,
    redRun: facts.redRuns.at(-1)?.record.run ?? '',
    greenRun: facts.greenRuns.at(-1)?.record.run ?? '',
    word: proof.word,
    obligations: proof.obligations,
  });
  writing.value.close();
}

function exitOf({ whole, obligations, gradeReached }: Proof): ExitCode {
  if (obligations.some(({ code, answer }) => code === 'P13' && answer === 'refuted')) return EXIT.integrity;
  if (whole === 'refuted') return EXIT.doesNotHold;
  return whole === 'unproven' || !gradeReached ? EXIT.unproven : EXIT.holds;
}

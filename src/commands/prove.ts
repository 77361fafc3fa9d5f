import { EXIT, type ExitCode, type Failure, worstExit } from '../domain/failure.ts';
import { foldRuns } from '../domain/run-record.ts';
import { openStore } from '../evidence/open-store.ts';
import type { ProofFacts } from '../proof/proof-facts.ts';
import { type Proof, proveObligations } from '../proof/prove-obligations.ts';
import { renderGradeShortfall, renderObligations } from '../ui/terminal-text.ts';
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
    const unrecorded =
      facts.value.integrityBreaks.length === 0 ? recordProof(input, store.directory, facts.value, proof) : undefined;
    const { policyGrade } = facts.value;
    input.out.print(renderObligations(proof.obligations, proof.word, input.out));
    if (proof.whole === 'holds' && !proof.gradeReached)
      input.out.print(renderGradeShortfall(proof.grades, policyGrade));
    input.out.document({
      feature,
      ...proof,
      policyGrade,
      corners: prepared.value.corners,
      testDigest: facts.value.testDigest,
    });
    if (unrecorded !== undefined) input.out.failure(unrecorded, { feature });
    return worstExit([exitOf(proof), unrecorded?.exit ?? EXIT.holds]);
  } finally {
    store.close();
  }
};

/** Undefined once it is recorded. A proof that nobody can look up later is told, and has not ended well. */
function recordProof(input: CommandInput, directory: string, facts: ProofFacts, proof: Proof): Failure | undefined {
  const writing = openStore({ directory, tool: input.tool });
  if (!writing.ok) return writing.failure;
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
  return undefined;
}

function exitOf({ whole, obligations, gradeReached }: Proof): ExitCode {
  if (obligations.some(({ code, answer }) => code === 'P13' && answer === 'refuted')) return EXIT.integrity;
  if (whole === 'refuted') return EXIT.doesNotHold;
  return whole === 'unproven' || !gradeReached ? EXIT.unproven : EXIT.holds;
}

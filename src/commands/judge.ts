import { classifyChange } from '../classify/classify-change.ts';
import { re2Problem } from '../config/schema-leaves.ts';
import { sideOf, type TextSide, type TouchIndex } from '../domain/change.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { Observation } from '../domain/observation.ts';
import { RED_CLASSES, type RedContract } from '../domain/scenario.ts';
import type { CornerName } from '../domain/vocabulary.ts';
import { matchFile } from '../syntax/match-file.ts';
import { touchIndexFromLines } from '../syntax/touch-lines.ts';
import { renderChangeCases } from '../ui/change-cases.ts';
import { exitOfChange } from './change-exit.ts';
import { type CommandInput, type CommandMain, numberOption, textOption } from './command.ts';
import { gatherTargets, loadRecordedCorner, loadTouchedLines, type RecordedCorner, WHOLE } from './judge-facts.ts';
import { readDeclarations } from './judge-sources.ts';

const CORNERS: readonly string[] = ['B', 'R', 'S', 'X', 'H'] satisfies CornerName[];
const RUNNERS = ['go', 'ginkgo', 'vitest', 'pytest', 'junit', 'tap'] as const;
/** `redfirst judge`: the judgement of a run over what a runner left behind. Nothing is run and nothing is recorded. */
export const main: CommandMain = async (input) => {
  const asked = await readQuestion(input);
  if (!asked.ok) {
    input.out.failure(asked.failure);
    return asked.failure.exit;
  }
  const { corners, contract, sources } = asked.value;
  const targets = await gatherTargets(corners);
  const touched = targets.ok ? await readTouch(input, targets.value) : targets;
  if (!targets.ok || !touched.ok) {
    const { failure } = (targets.ok ? touched : targets) as { failure: Failure };
    input.out.failure(failure);
    return failure.exit;
  }
  const declaredInTests = await readDeclarations(sources, targets.value);
  const verdict = classifyChange({
    targets: targets.value,
    touch: touched.value,
    ...(contract === undefined ? {} : { contractFor: () => contract }),
    ...(declaredInTests === undefined ? {} : { declaredInTests }),
  });
  const observations = input.out.json ? observedCases(targets.value) : undefined;
  input.out.document({
    corners: corners.map(({ corner }) => corner),
    class: verdict.class,
    reason: verdict.reason,
    targets: verdict.targets,
    cases: verdict.cases.map((one) => ({
      ...one,
      observations: observations?.get(`${one.target}\0${one.name}`) ?? {},
    })),
  });
  input.out.print(renderChangeCases(verdict, { colour: input.out.colour, all: input.options['all'] === true }));
  return exitOfChange(verdict, corners.some(({ corner }) => corner === 'H') ? 'change' : 'red');
};

interface Question {
  readonly corners: readonly RecordedCorner[];
  readonly contract: RedContract | undefined;
  readonly sources: string | undefined;
}

async function readQuestion(input: CommandInput): Promise<Result<Question>> {
  const contract = readContract(textOption(input, 'contract'));
  if (!contract.ok) return contract;
  const named = input.options['corner'];
  const files = Array.isArray(named) ? (named as string[]) : [];
  const sources = textOption(input, 'sources');
  if (files.length === 0) {
    const single = readSingle(input);
    return single.ok ? ok({ corners: [single.value], contract: contract.value, sources }) : single;
  }
  const corners: RecordedCorner[] = [];
  for (const text of files) {
    const found = /^([A-Z])=(.+)$/s.exec(text);
    const [, corner = '', path = ''] = found ?? [];
    if (!CORNERS.includes(corner)) {
      return fail(
        usage(
          `--corner takes a corner and a file, R=red.json, not ${JSON.stringify(text)}`,
          `corners are ${CORNERS.join(', ')}`,
        ),
      );
    }
    if (corners.some((one) => one.corner === corner))
      return fail(usage(`corner ${corner} is given twice`, 'put all its packages in one file'));
    const loaded = await loadRecordedCorner(input.cwd, corner as CornerName, path);
    if (!loaded.ok) return loaded;
    corners.push(loaded.value);
  }
  return ok({ corners, contract: contract.value, sources });
}

/** One run, given by options: the corner is R at red and H at green. */
function readSingle(input: CommandInput): Result<RecordedCorner> {
  const phase = textOption(input, 'phase') ?? 'red';
  if (phase !== 'red' && phase !== 'green') {
    return fail(usage(`--phase is red or green, not ${JSON.stringify(phase)}`, 'redfirst judge --help'));
  }
  const runner = RUNNERS.find((one) => one === (textOption(input, 'runner') ?? 'go'));
  if (runner === undefined) {
    return fail(
      usage(`there is no runner ${JSON.stringify(textOption(input, 'runner'))}`, `it is one of ${RUNNERS.join(', ')}`),
    );
  }
  const exit = numberOption(input, 'exit', 0);
  if (exit === undefined || Number.isNaN(exit) || exit > 255) {
    return fail(
      usage("--exit is missing: the runner's exit code is a witness of its own", 'give --exit 1, or what it was'),
    );
  }
  const [gotest, ginkgo, report] = ['gotest', 'ginkgo', 'report'].map((name) => textOption(input, name));
  const run = {
    runner,
    exit,
    order: 'declared' as const,
    ...(gotest === undefined ? {} : { gotest }),
    ...(ginkgo === undefined ? {} : { ginkgo }),
    ...(report === undefined ? {} : { report }),
  };
  const target = textOption(input, 'folder') ?? WHOLE;
  return ok({ corner: phase === 'red' ? 'R' : 'H', folder: input.cwd, packages: { [target]: run } });
}

/** `panic`, or `not-found=no such file`. */
function readContract(text: string | undefined): Result<RedContract | undefined> {
  if (text === undefined) return ok(undefined);
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const found = RED_CLASSES.find((one) => one === name);
  if (found === undefined) {
    return fail(usage(`there is no class of red ${JSON.stringify(name)}`, `it is one of ${RED_CLASSES.join(', ')}`));
  }
  if (at < 0) return ok({ class: found });
  const pattern = text.slice(at + 1);
  const wrong = re2Problem(pattern);
  return wrong === undefined
    ? ok({ class: found, pattern })
    : fail(
        usage(
          `--contract has no RE2 pattern behind its class: ${wrong}`,
          'RE2 has no look-around and no back-references',
        ),
      );
}

/** Without `--touched` every case counts as the change's. */
async function readTouch(
  input: CommandInput,
  targets: Parameters<typeof observedCases>[0],
): Promise<Result<TouchIndex>> {
  const path = textOption(input, 'touched');
  if (path === undefined) return ok({ touches: () => true, renamedFrom: () => undefined });
  const lines = await loadTouchedLines(input.cwd, path);
  if (!lines.ok) return lines;
  const seen: { side: TextSide; target: string; observation: Observation }[] = [];
  for (const { target, corners } of targets) {
    for (const [corner, attempts] of Object.entries(corners)) {
      const side = sideOf(corner as CornerName);
      for (const observation of attempts[0]?.observations ?? []) seen.push({ side, target, observation });
    }
  }
  const touched = Object.fromEntries(
    Object.entries(lines.value).map(([file, { oldPath, ...ranges }]) => [
      file,
      oldPath === undefined ? ranges : { ...ranges, oldPath },
    ]),
  );
  return ok({
    ...touchIndexFromLines(touched, seen),
    // Nothing of it is old, and what is new begins at its first line.
    isNewFile: (target, { place, file }) => {
      const path = matchFile(Object.keys(touched), place?.file ?? file ?? '', target);
      const ranges = path === undefined ? undefined : touched[path];
      return ranges?.old.length === 0 && ranges.new[0]?.[0] === 1;
    },
  });
}

/** What every case did at every corner, by target and name: the first attempt's observation. */
function observedCases(
  targets: readonly {
    readonly target: string;
    readonly corners: Partial<Record<CornerName, readonly { readonly observations: readonly Observation[] }[]>>;
  }[],
): Map<string, Partial<Record<CornerName, Observation>>> {
  const all = new Map<string, Partial<Record<CornerName, Observation>>>();
  for (const { target, corners } of targets) {
    for (const [corner, attempts] of Object.entries(corners)) {
      for (const observation of attempts[0]?.observations ?? []) {
        const key = `${target}\0${observation.name}`;
        all.set(key, { [corner]: observation, ...all.get(key) });
      }
    }
  }
  return all;
}

function usage(what: string, next: string): Failure {
  return { reason: 'usage', what, next, exit: EXIT.usage };
}

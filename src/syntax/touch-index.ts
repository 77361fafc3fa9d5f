import type { TextSide, TouchedLines, TouchIndex } from '../domain/change.ts';
import type { Observation } from '../domain/observation.ts';
import { type FoundCase, findGoCase, findTitledCase } from './find-case.ts';
import { languageOf, liesIn } from './language.ts';
import { loadParser, type ParseText } from './load-parser.ts';
import { renamedCase } from './rename.ts';
import type { ParsedText } from './syntax-tree.ts';
import { goModel, pythonModel, scriptModel } from './target-models.ts';
import { type Reach, reachOf, type TouchModel } from './touch-model.ts';

/** A file with the role tests that the change touches; a text is absent on the side where the file is. */
export interface ChangedTestFile {
  readonly path: string;
  /** Path on the old side, where it is another. */
  readonly oldPath?: string;
  readonly oldText?: string;
  readonly newText?: string;
  /** What differs by lines: decides where a text cannot be read. */
  readonly touched?: TouchedLines;
}

export interface TouchInput {
  readonly files: readonly ChangedTestFile[];
  /**
   * Test files that the change leaves alone, in the folders of those that it touches (Go: the package; Python: also the
   * `conftest.py` of the folders above; TypeScript: helpers that are imported by a relative path). Helpers are found in them,
   * and cases that a changed helper reaches.
   */
  readonly others: readonly { readonly path: string; readonly text: string }[];
}

interface SideText {
  readonly path: string;
  readonly title: string;
  readonly text: string;
}

const MODELS = { go: goModel, script: scriptModel, python: pythonModel };

/** How a target's texts belong together; a folder is a Go package. */
function groupOf(path: string): keyof typeof MODELS {
  const language = languageOf(path);
  if (language === undefined || language === 'go') return 'go';
  return language === 'python' ? 'python' : 'script';
}

/** A touch index that also tells how a case is touched. */
export interface ReachIndex extends TouchIndex {
  /** `touches` answers true for anything but `none`. */
  reach(side: TextSide, target: string, observation: Observation): Reach;
}

/**
 * Reads what a change does to its tests: a case is touched when anything that it is made of (its node, set-up and headings around
 * it, its table's body or entry, helpers of the same package that it reaches) has no like on the other side. Comments, layout
 * and imports make no difference. Works on texts alone; about a second for thirty large files.
 */
export async function buildTouchIndex(input: TouchInput): Promise<ReachIndex> {
  const parsed = new Map<string, ParsedText | undefined>();
  const parsers = new Map<string, ParseText>();
  const sides = { new: sideTexts(input, 'new'), old: sideTexts(input, 'old') };
  for (const { path } of [...sides.new, ...sides.old]) {
    const language = languageOf(path);
    if (language !== undefined && !parsers.has(language)) parsers.set(language, await loadParser(language));
  }
  const parse = ({ path, text }: { path: string; text: string }): ParsedText | undefined => {
    const language = languageOf(path);
    const key = `${language}\n${text}`;
    if (!parsed.has(key)) parsed.set(key, parsers.get(language ?? '')?.(text));
    return parsed.get(key);
  };
  const models = new Map<string, TouchModel>();
  const modelOf = (side: TextSide, target: string): TouchModel => {
    const group = groupOf(target);
    const key = `${side} ${group === 'go' ? target : group}`;
    let model = models.get(key);
    if (model === undefined) {
      const own = sides[side].filter(({ path }) => (group === 'go' ? liesIn(path, target) : groupOf(path) === group));
      model = MODELS[group](own.map(({ path, title, text }) => ({ path, title, source: parse({ path, text }) })));
      models.set(key, model);
    }
    return model;
  };
  const find = (side: TextSide, target: string, observation: Observation): FoundCase | undefined => {
    const model = modelOf(side, target);
    return groupOf(target) === 'go'
      ? findGoCase(model, target, observation)
      : findTitledCase(model, target, observation);
  };
  const isTouchedFile = (side: TextSide, path: string) =>
    input.files.some((file) => (side === 'old' ? (file.oldPath ?? file.path) : file.path) === path);
  const reach = (side: TextSide, target: string, observation: Observation): Reach => {
    const found = find(side, target, observation);
    const touchedTarget = () => input.files.some(({ path }) => path === target || liesIn(path, target));
    if (found === undefined) return touchedTarget() ? 'own' : 'none';
    if (found.text === undefined) return isTouchedFile(side, found.file) ? 'own' : 'none';
    return reachOf(modelOf(side, target), modelOf(side === 'new' ? 'old' : 'new', target), found.text);
  };
  return {
    reach,
    touches: (side, target, observation) => reach(side, target, observation) !== 'none',
    renamedFrom: (target, fresh, gone) =>
      renamedCase(
        find('new', target, fresh),
        fresh,
        gone.map((one) => ({ observation: one, found: find('old', target, one) })),
      ),
  };
}

function sideTexts(input: TouchInput, side: TextSide): SideText[] {
  const changed = input.files.flatMap((file) => {
    const text = side === 'new' ? file.newText : file.oldText;
    const path = side === 'new' ? file.path : (file.oldPath ?? file.path);
    return text === undefined ? [] : [{ path, title: file.path, text }];
  });
  const known = new Set(changed.map(({ path }) => path));
  const others = input.others.filter(({ path }) => !known.has(path));
  return [...changed, ...others.map(({ path, text }) => ({ path, title: path, text }))];
}

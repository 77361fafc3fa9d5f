import { stripVTControlCharacters } from 'node:util';
import { type GoPlaces, repositoryFile } from '../go/source-path.ts';
import { boundMessage } from '../reporters/report-line.ts';
import { orderedUnits } from './ordered-units.ts';
import type { GinkgoSpec, GinkgoSuite } from './parse-report.ts';
import { type Case, observeSpec, outcomeOf, sourceLine } from './spec-observation.ts';

export interface SuiteReading {
  readonly cases: readonly Case[];
  readonly suiteFailures: readonly { readonly what: string; readonly where: 'suite' }[];
  /** Why the report contradicts itself and is not to be believed. */
  readonly contradiction?: string;
  /** Only some cases ran because the sources say so (`FIt`, `FDescribe`); ginkgo then ends with a code of its own. */
  readonly focused: boolean;
}

/** The cases of one suite of ginkgo's report, and what failed in it outside any case. */
export async function readSuite(suite: GinkgoSuite, prefix: string, places: GoPlaces): Promise<SuiteReading> {
  const specs = suite.specs.filter(({ nodeType }) => nodeType === 'It');
  const nodes = suite.specs.filter(({ nodeType }) => nodeType !== 'It');
  const contradiction = findContradiction(suite, specs, nodes);
  const chosen = suite.filtered && !suite.programmaticFocus ? specs.filter((spec) => !isUnchosen(spec)) : specs;
  const context = { prefix, places, nodeLines: linesOfNodes(suite.specs, places) };
  const units = await orderedUnits(chosen, prefix, places);
  const cases = chosen.map((spec) => {
    const unit = units.get(spec);
    const observed = observeSpec(spec, context);
    return unit === undefined ? observed : { ...observed, unit };
  });
  const failed = nodes.filter(({ state }) => !isFine(state));
  const suiteFailures = failed.map((node) => ({
    what: boundMessage(`${prefix}: ${describeNode(node, places)}`),
    where: 'suite' as const,
  }));
  const reasons = suite.succeeded ? [] : suite.failureReasons;
  for (const reason of reasons) suiteFailures.push({ what: boundMessage(`${prefix}: ${reason}`), where: 'suite' });
  const explained = suiteFailures.length > 0 || chosen.some(({ state }) => !isFine(state));
  if (!suite.succeeded && !explained) {
    suiteFailures.push({ what: `${prefix}: ginkgo says that the suite failed, and not why`, where: 'suite' });
  }
  return {
    cases,
    suiteFailures,
    ...(contradiction === undefined ? {} : { contradiction }),
    focused: suite.programmaticFocus,
  };
}

const isFine = (state: string): boolean => {
  const outcome = outcomeOf(state);
  return outcome === 'passed' || outcome === 'skipped';
};

/** Not chosen by the command line: such a spec did not run, and says nothing. */
const isUnchosen = ({ state, failure, nodes }: GinkgoSpec): boolean =>
  state === 'skipped' && failure === undefined && nodes.length === 0;

function describeNode(node: GinkgoSpec, places: GoPlaces): string {
  const { failure } = node;
  const said = stripVTControlCharacters(failure?.panic || failure?.message || 'no message').trim();
  const at = failure === undefined ? undefined : sourceLine(failure.location, places);
  const inside = at !== undefined && repositoryFile(failure?.location.file ?? '', places) !== undefined;
  return `${node.nodeType} ${node.state}: ${said}${inside ? ` (${at.file}:${at.line})` : ''}`;
}

function findContradiction(
  suite: GinkgoSuite,
  specs: readonly GinkgoSpec[],
  nodes: readonly GinkgoSpec[],
): string | undefined {
  if (suite.dryRun) return "ginkgo's report is of a dry run: none of its cases ran";
  const failing = [...specs, ...nodes].find(({ state }) => !isFine(state));
  if (suite.succeeded && failing !== undefined) {
    return `ginkgo's report says that the suite succeeded, and that ${JSON.stringify(failing.text || failing.nodeType)} ${failing.state}`;
  }
  // Where the suite was not ended early, every spec of it has an entry.
  if (suite.succeeded && specs.length !== suite.totalSpecs) {
    return `ginkgo's report announces ${suite.totalSpecs} cases and holds ${specs.length}`;
  }
  return undefined;
}

/** Where nodes begin, by file. */
function linesOfNodes(specs: readonly GinkgoSpec[], places: GoPlaces): Map<string, number[]> {
  const lines = new Map<string, Set<number>>();
  for (const spec of specs) {
    for (const { location } of [spec, ...spec.containers, ...spec.nodes]) {
      const at = sourceLine(location, places);
      if (at === undefined) continue;
      const known = lines.get(at.file);
      if (known === undefined) lines.set(at.file, new Set([at.line]));
      else known.add(at.line);
    }
  }
  return new Map([...lines].map(([file, known]) => [file, [...known].sort((a, b) => a - b)]));
}

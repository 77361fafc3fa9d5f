import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { CONFIG_PATH, isFeatureName, loadConfig, scenarioPath } from '../config/load.ts';
import { PRESET_NAMES, type PresetName } from '../config/presets.ts';
import { type InitFile, initFiles } from '../config/templates.ts';
import { EXIT, type ExitCode, type Failure, ok } from '../domain/failure.ts';
import type { Config } from '../domain/scenario.ts';
import { openRepository } from '../git/open-repository.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';
import { type CommandMain, textOption } from './command.ts';

/** `redfirst init [FEATURE]`: writes what is missing, never over what is there. */
export const main: CommandMain = async (input) => {
  const refuse = (failure: Failure): ExitCode => {
    input.out.failure(failure);
    return failure.exit;
  };
  const repo = await openRepository(input.cwd);
  if (!repo.ok) return refuse(repo.failure);
  const { topLevel } = repo.value;
  const preset = textOption(input, 'preset') ?? suggestPreset(topLevel);
  if (!(PRESET_NAMES as readonly string[]).includes(preset)) {
    return refuse({
      reason: 'usage',
      what: `there is no preset ${JSON.stringify(preset)}`,
      next: `one of ${PRESET_NAMES.join(', ')}`,
      exit: EXIT.usage,
    });
  }
  const feature = input.operands[0] ?? 'my-feature';
  if (!isFeatureName(feature)) {
    const what = `${JSON.stringify(feature)} is no feature name: small letters, digits and dashes, 63 at most`;
    return refuse({ reason: 'usage', what, next: 'redfirst init pause-guest', exit: EXIT.usage });
  }
  // A redfirst.yaml that is there already says where things lie, so it has to be right.
  const config = existsSync(join(topLevel, CONFIG_PATH))
    ? await loadConfig(readFileInWorkTree(repo.value))
    : ok({ value: DEFAULT_FOLDERS });
  if (!config.ok) return refuse(config.failure);
  const folders = config.value.value;
  const files = initFiles({ features: [feature], preset: preset as PresetName }).map((file) => lay(file, folders));
  const written: string[] = [];
  const kept: string[] = [];
  for (const { path, text } of files) {
    const target = join(topLevel, path);
    if (existsSync(target)) {
      kept.push(path);
      continue;
    }
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    written.push(path);
  }
  for (const path of written) input.out.print(`wrote ${path}`);
  for (const path of kept) input.out.print(`kept  ${path} (it was there)`);
  input.out.print(`next: edit ${scenarioPath(feature, folders)}, then redfirst plan ${feature}`);
  input.out.document({ preset, feature, written, kept });
  return EXIT.holds;
};

const DEFAULT_FOLDERS = { scenarios: 'scenarios', clusters: 'clusters' };
type Folders = Pick<Config, 'scenarios' | 'clusters'>;

/** A file at the place that the configuration gives it; what it says of the schemas' place follows. */
function lay({ path, text }: InitFile, { scenarios, clusters }: Folders): InitFile {
  const [first = '', ...rest] = path.split('/');
  if (first === 'scenarios') return { path: posix.join(scenarios, ...rest), text };
  if (first !== 'clusters') return { path, text };
  const schemas = posix.relative(clusters, posix.join(scenarios, '.schema'));
  return { path: posix.join(clusters, ...rest), text: text.replace('../scenarios/.schema', schemas) };
}

/** The preset that the files at the root suggest. */
function suggestPreset(topLevel: string): PresetName {
  const has = (path: string): boolean => existsSync(join(topLevel, path));
  if (has('cmd/virt-controller')) return 'kubevirt';
  if (has('go.mod')) return 'go';
  if (has('pyproject.toml') || has('setup.py')) return 'python';
  return 'typescript';
}

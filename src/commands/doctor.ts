import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadProfile } from '../config/load.ts';
import type { EnvironmentIdentity } from '../domain/environment.ts';
import { EXIT, type ExitCode, type Failure, type Finding, worstExit } from '../domain/failure.ts';
import type { SuppliedTool } from '../environment/tools/supply-tools.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';
import { renderFailure, renderFinding } from '../ui/terminal-text.ts';
import { checkMachine } from './check-machine.ts';
import type { CommandInput, CommandMain } from './command.ts';
import { identifyProfile } from './identify-profile.ts';
import { openProject, type Project } from './open-project.ts';
import { profileVariables } from './profile-variables.ts';

interface Checkup {
  readonly profile: string;
  readonly findings: readonly Finding[];
  /** What `--fix` installed. */
  readonly installed?: readonly SuppliedTool[];
  readonly identity?: EnvironmentIdentity;
  /** Why the profile cannot be had. */
  readonly failure?: Failure;
}

/**
 * `redfirst doctor [PROFILE…]`: checks the machine, and provisions each profile once to see what is really there, unless that would make what
 * outlives the look. `--fix` installs tools that are lacking, `--provision` tries a cluster whole.
 */
export const main: CommandMain = async (input) => {
  const project = await openProject(input.cwd);
  if (!project.ok) {
    input.out.failure(project.failure);
    return project.failure.exit;
  }
  const names = input.operands.length > 0 ? input.operands : profileNames(project.value);
  if (names.length === 0) {
    const what = `there is no profile: ${project.value.config.clusters}/ holds no .yaml file`;
    const next = 'write a first one with `redfirst init`';
    const failure: Failure = { reason: 'configuration-missing', what, next, exit: EXIT.usage };
    input.out.failure(failure);
    return failure.exit;
  }
  const exits: ExitCode[] = [];
  const checkups: Checkup[] = [];
  for (const name of names) {
    if (input.signal.aborted) break;
    const { exit, checkup } = await checkProfile(input, project.value, name);
    exits.push(exit);
    checkups.push(checkup);
  }
  input.out.document({ profiles: checkups });
  return worstExit(exits);
};

function profileNames({ repo, config }: Project): string[] {
  const folder = join(repo.topLevel, config.clusters);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

async function checkProfile(
  input: CommandInput,
  { repo, config }: Project,
  name: string,
): Promise<{ readonly exit: ExitCode; readonly checkup: Checkup }> {
  const { out } = input;
  const profile = await loadProfile(readFileInWorkTree(repo), name, config, profileVariables(repo.topLevel, config));
  if (!profile.ok) {
    const { failure } = profile;
    process.stderr.write(renderFailure(failure, out));
    return { exit: failure.exit, checkup: { profile: name, findings: [], failure } };
  }
  out.print(`profile ${name}`);
  const checked = await checkMachine(input, profile.value.value, repo.topLevel);
  const { findings, installed } = checked;
  for (const finding of findings) out.print(indent(renderFinding(finding, out)));
  const begun = { profile: name, findings, ...(installed.length === 0 ? {} : { installed }) };
  const hasErrors = findings.some(({ severity }) => severity === 'error');
  // What the machine lacks is said; to try all the same would say it once more.
  if (!checked.mayProvision) return { exit: hasErrors ? EXIT.environment : EXIT.holds, checkup: begun };
  const identified = await identifyProfile(input, profile.value.value, repo.topLevel);
  if (!identified.ok) {
    const { failure } = identified;
    process.stderr.write(indent(renderFailure(failure, out)));
    return { exit: failure.exit, checkup: { ...begun, failure } };
  }
  const identity = identified.value;
  for (const finding of identity.findings) out.print(indent(renderFinding(finding, out)));
  out.print(`  grade ${identity.grade.join('+') || '(a process on the host)'}`);
  for (const [fact, value] of Object.entries(identity.facts)) out.print(`  ${fact}: ${value}`);
  return { exit: EXIT.holds, checkup: { ...begun, identity } };
}

/** Lines of a profile stand below its name. */
function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadProfile } from '../config/load.ts';
import type { EnvironmentIdentity } from '../domain/environment.ts';
import { EXIT, type ExitCode, type Failure, type Finding, worstExit } from '../domain/failure.ts';
import { createCleanupStack } from '../engine/cleanup-stack.ts';
import { cleanLeftovers, makeRuntimeDir } from '../environment/leftovers.ts';
import { providerFor } from '../environment/providers.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';
import { renderFailure, renderFinding } from '../ui/terminal-text.ts';
import type { CommandInput, CommandMain } from './command.ts';
import { openProject, type Project } from './open-project.ts';
import { profileVariables } from './profile-variables.ts';

interface Checkup {
  readonly profile: string;
  readonly findings: readonly Finding[];
  readonly identity?: EnvironmentIdentity;
  /** Why the profile cannot be had. */
  readonly failure?: Failure;
}

/** `redfirst doctor [PROFILE…]`: checks the machine, and provisions each profile once to see what is really there. */
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
  const provider = providerFor(profile.value.value);
  const findings = await provider.preflight(profile.value.value, input.signal, repo.topLevel);
  for (const finding of findings) out.print(indent(renderFinding(finding, out)));
  // What the machine lacks is said; to try all the same would say it once more.
  if (findings.some(({ severity }) => severity === 'error'))
    return { exit: EXIT.environment, checkup: { profile: name, findings } };

  const token = randomBytes(6).toString('hex');
  const runtimeDir = join(makeRuntimeDir(token), 'e0');
  mkdirSync(runtimeDir, { recursive: true });
  const cleanup = createCleanupStack();
  try {
    const provisioned = await provider.provision(profile.value.value, {
      root: repo.topLevel,
      keep: false,
      purpose: `redfirst doctor ${name}`,
      runtimeDir,
      token,
      signal: input.signal,
      progress: (what) => process.stderr.write(`  waiting for ${what}\n`),
      onCleanup: cleanup.push,
    });
    if (!provisioned.ok) {
      const { failure } = provisioned;
      process.stderr.write(indent(renderFailure(failure, out)));
      return { exit: failure.exit, checkup: { profile: name, findings, failure } };
    }
    const { identity } = provisioned.value;
    for (const finding of identity.findings) out.print(indent(renderFinding(finding, out)));
    out.print(`  grade ${identity.grade.join('+') || '(a process on the host)'}`);
    for (const [fact, value] of Object.entries(identity.facts)) out.print(`  ${fact}: ${value}`);
    return { exit: EXIT.holds, checkup: { profile: name, findings, identity } };
  } finally {
    await cleanup.unwind();
    await cleanLeftovers(token);
  }
}

/** Lines of a profile stand below its name. */
function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadProfile } from '../config/load.ts';
import type { EnvironmentIdentity } from '../domain/environment.ts';
import { EXIT, type ExitCode, type Finding, worstExit } from '../domain/failure.ts';
import { createCleanupStack } from '../engine/cleanup-stack.ts';
import { cleanLeftovers, makeRuntimeDir } from '../environment/leftovers.ts';
import { providerFor } from '../environment/providers.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';
import { renderFailure, renderFinding } from '../ui/terminal-text.ts';
import type { CommandInput, CommandMain } from './command.ts';
import { openProject, type Project } from './open-project.ts';

interface Checkup {
  readonly profile: string;
  readonly findings: readonly Finding[];
  readonly identity?: EnvironmentIdentity;
}

/** `redfirst doctor [PROFILE…]`: checks the machine, and provisions each profile once to see what is really there. */
export const main: CommandMain = async (input) => {
  const project = await openProject(input.cwd);
  if (!project.ok) {
    input.out.failure(project.failure);
    return project.failure.exit;
  }
  const names = input.operands.length > 0 ? input.operands : profileNames(project.value);
  const exits: ExitCode[] = [];
  const checkups: Checkup[] = [];
  for (const name of names) {
    const { exit, checkup } = await checkProfile(input, project.value, name);
    exits.push(exit);
    if (checkup !== undefined) checkups.push(checkup);
  }
  input.out.document({ profiles: checkups });
  return worstExit(exits);
};

function profileNames({ repo, config }: Project): string[] {
  return readdirSync(join(repo.topLevel, config.clusters))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

async function checkProfile(
  input: CommandInput,
  { repo, config }: Project,
  name: string,
): Promise<{ readonly exit: ExitCode; readonly checkup?: Checkup }> {
  const { out } = input;
  const profile = await loadProfile(readFileInWorkTree(repo), name, config);
  if (!profile.ok) {
    out.failure(profile.failure);
    return { exit: profile.failure.exit };
  }
  out.print(`profile ${name}`);
  const provider = providerFor(profile.value.value);
  const findings = await provider.preflight(profile.value.value, input.signal);
  for (const finding of findings) out.print(renderFinding(finding, out));

  const token = randomBytes(6).toString('hex');
  const runtimeDir = join(makeRuntimeDir(token), 'e0');
  mkdirSync(runtimeDir, { recursive: true });
  const cleanup = createCleanupStack();
  try {
    const provisioned = await provider.provision(profile.value.value, {
      runtimeDir,
      token,
      signal: input.signal,
      progress: (what) => out.print(`  ${what}`),
      onCleanup: cleanup.push,
    });
    if (!provisioned.ok) {
      out.print(renderFailure(provisioned.failure, out));
      return { exit: provisioned.failure.exit, checkup: { profile: name, findings } };
    }
    const { identity } = provisioned.value;
    for (const finding of identity.findings) out.print(renderFinding(finding, out));
    out.print(`  grade ${identity.grade.join('+') || '(a process on the host)'}`);
    for (const [fact, value] of Object.entries(identity.facts)) out.print(`  ${fact}: ${value}`);
    const failed = findings.some(({ severity }) => severity === 'error');
    return { exit: failed ? EXIT.environment : EXIT.holds, checkup: { profile: name, findings, identity } };
  } finally {
    await cleanup.unwind();
    await cleanLeftovers(token);
  }
}

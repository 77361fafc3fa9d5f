import { loadProfile } from '../config/load.ts';
import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { KindProfile } from '../domain/profile.ts';
import { readFileInWorkTree } from '../git/tree-files.ts';
import type { CommandInput } from './command.ts';
import { openProject } from './open-project.ts';
import { profileVariables } from './profile-variables.ts';

/** Reads the profile that a `cluster` action names, as it stands in the work tree. Only `kind` has anything to bring up. */
export async function loadKindProfile(
  input: CommandInput,
  name: string | undefined,
): Promise<Result<{ readonly profile: KindProfile; readonly root: string }>> {
  if (name === undefined)
    return fail(usage('no profile is named', `redfirst cluster ${input.operands[0]} kind-kubevirt`));
  const project = await openProject(input.cwd);
  if (!project.ok) return project;
  const { repo, config } = project.value;
  const variables = profileVariables(repo.topLevel, config);
  const loaded = await loadProfile(readFileInWorkTree(repo), name, config, variables);
  if (!loaded.ok) return loaded;
  const profile = loaded.value.value;
  if (profile.provider === 'kind') return ok({ profile, root: repo.topLevel });
  return fail(
    usage(
      `profile ${name} has provider ${profile.provider}, which has no cluster of its own`,
      `it is provisioned when a run needs it; \`redfirst doctor ${name}\` tries it`,
    ),
  );
}

function usage(what: string, next: string): Failure {
  return { reason: 'usage', what, next, exit: EXIT.usage };
}

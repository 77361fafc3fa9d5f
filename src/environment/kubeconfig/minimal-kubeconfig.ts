import { existsSync } from 'node:fs';
import { EXIT, type Failure, fail, ok, type Result } from '../../domain/failure.ts';
import { type CallerKubeconfig, callKubectl } from './caller-kubectl.ts';

/** One context, with its cluster and its user, and nothing else of the caller's files. */
export interface MinimalKubeconfig {
  /** JSON, with the secrets in it. */
  readonly text: string;
  readonly context: string;
  /** Whether the context's user has anything to log in with. */
  readonly hasCredentials: boolean;
  /** The program that logs in (`exec`), where the context has one. */
  readonly loginProgram?: string;
}

interface ConfigView {
  readonly 'current-context'?: string;
  readonly clusters?: readonly unknown[] | null;
  readonly users?: readonly { readonly user?: { readonly exec?: { readonly command?: string } } }[] | null;
}

/** Cuts the context out of the caller's files (`kubectl config view --minify --flatten --raw`). */
export async function minimalKubeconfig(caller: CallerKubeconfig): Promise<Result<MinimalKubeconfig>> {
  const named = caller.paths.join(', ');
  if (!caller.paths.some((path) => existsSync(path)))
    return fail(
      unusable(
        `there is no kubeconfig ${named}`,
        'name another in the profile (`kubeconfig`), or set the variable that it names; kubevirtci writes _ci-configs/PROVIDER/.kubeconfig',
      ),
    );
  const view = await callKubectl(caller, ['config', 'view', '--minify', '--flatten', '--raw', '--output=json']);
  if (!view.ok) {
    const contexts = await callKubectl(caller, ['config', 'get-contexts', '--output=name']);
    const known = contexts.ok ? contexts.value.split('\n').filter(Boolean).sort() : [];
    const next =
      known.length === 0
        ? 'mend the file, or name another (`kubeconfig`)'
        : `name one of its contexts in the profile (\`context\`): ${known.join(', ')}`;
    return fail(unusable(`the kubeconfig ${named} cannot be used: ${view.failure.message}`, next));
  }
  const config = JSON.parse(view.value) as ConfigView;
  if ((config.clusters ?? []).length === 0)
    return fail(unusable(`the kubeconfig ${named} names no cluster`, 'name another in the profile (`kubeconfig`)'));
  const user = config.users?.[0]?.user ?? {};
  const loginProgram = user.exec?.command;
  return ok({
    text: view.value,
    context: config['current-context'] ?? '',
    hasCredentials: Object.keys(user).length > 0,
    ...(loginProgram === undefined ? {} : { loginProgram }),
  });
}

function unusable(what: string, next: string): Failure {
  return { reason: 'environment-failed', what, next, exit: EXIT.environment };
}

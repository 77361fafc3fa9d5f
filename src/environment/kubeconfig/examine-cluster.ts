import { EXIT, type Failure, type Finding, fail, ok, type Result } from '../../domain/failure.ts';
import type { KubeconfigProfile } from '../../domain/profile.ts';
import { inspectTool, KUBECTL_VERSION, readGitVersion, VIRTCTL_VERSION } from '../find-tool.ts';
import type { ApiFailure } from '../kubernetes/api.ts';
import type { KubeVirtObject, List } from '../kubernetes/objects.ts';
import { skewFindings } from '../kubernetes/version-skew.ts';
import { type CallerKubeconfig, callerVariables, callKubectl, kubeconfigPaths } from './caller-kubectl.ts';
import { kubevirtFindings } from './kubevirt-findings.ts';
import { type MinimalKubeconfig, minimalKubeconfig } from './minimal-kubeconfig.ts';
import {
  ACCESS_REVIEWS,
  accessReview,
  type Need,
  needsOf,
  permissionFindings,
  type ReviewedNeed,
} from './permissions.ts';

/** An existing cluster as it was found; nothing was changed, on this machine or there. */
export interface Examined {
  readonly caller: CallerKubeconfig;
  /** Absolute path; empty where there is none. */
  readonly virtctl: string;
  readonly minimal: MinimalKubeconfig;
  readonly kubevirt: KubeVirtObject | undefined;
  /** An error among them means that the cluster cannot be used. */
  readonly findings: readonly Finding[];
}

/**
 * Logs in as the profile says, and asks what there is and what may be done. Fails where the cluster cannot be asked at all: no kubectl, no
 * such file or context, nobody who answers, credentials that are refused.
 */
export async function examineCluster(
  profile: KubeconfigProfile,
  root: string,
  signal: AbortSignal,
): Promise<Result<Examined>> {
  const kubectl = await inspectTool(profile.tools.kubectl, KUBECTL_VERSION, readGitVersion, signal);
  if (!kubectl.ok) return kubectl;
  const virtctl = await inspectTool(profile.tools.virtctl, VIRTCTL_VERSION, readGitVersion, signal);
  const caller: CallerKubeconfig = {
    kubectl: kubectl.value.path,
    paths: kubeconfigPaths(profile.kubeconfig, root),
    ...(profile.context === undefined ? {} : { context: profile.context }),
    env: callerVariables(),
    signal,
  };
  const minimal = await minimalKubeconfig(caller);
  if (!minimal.ok) return minimal;
  const { context, loginProgram, hasCredentials } = minimal.value;
  const version = await get<{ readonly gitVersion?: string }>(caller, '/version');
  if (!version.ok) {
    // kubectl asks for a name and a password then, and meets the end of its input.
    const asked = !hasCredentials && version.failure.message === 'EOF';
    const failure = asked ? { ...version.failure, ...NO_CREDENTIALS } : version.failure;
    return fail(notAnswering(profile, caller, context, failure));
  }
  const kubevirts = await get<List<KubeVirtObject>>(caller, '/apis/kubevirt.io/v1/kubevirts');
  const found = kubevirts.ok ? kubevirts.value.items : [];
  const [kubevirt] = found;
  const hidden = !kubevirts.ok && (await isServed(caller)) ? kubevirts.failure : undefined;
  // Whoever may not look for it is told at once what else is missing.
  const used = kubevirt !== undefined || (hidden?.kind === 'denied' && profile.kubevirt !== undefined);
  const reviewed = await reviewAll(caller, needsOf(profile, used));
  const refused = reviewed.flatMap(({ answer }) =>
    answer.ok || answer.failure.kind !== 'denied' ? [] : [answer.failure],
  );
  // Whoever may not even ask what they may do is nobody: the version is told to everybody.
  if (refused[0] !== undefined) return fail(notAnswering(profile, caller, context, refused[0]));
  const kubevirtVersion = kubevirt?.status?.observedKubeVirtVersion;
  const findings = [
    ...permissionFindings(reviewed, context),
    ...(loginProgram === undefined ? [] : [throughProgram(context, loginProgram)]),
    ...skewFindings({
      kubectl: kubectl.value.version,
      kubernetes: version.value.gitVersion,
      virtctl: virtctl.ok ? virtctl.value.version : undefined,
      kubevirt: kubevirtVersion,
    }),
    ...kubevirtFindings(profile, found, hidden, virtctl.ok),
  ];
  return ok({
    caller,
    virtctl: virtctl.ok ? virtctl.value.path : '',
    minimal: minimal.value,
    kubevirt,
    findings,
  });
}

const AT_ONCE = 4;
const NO_CREDENTIALS = { kind: 'denied', message: 'it has none' } as const;

async function get<T>(caller: CallerKubeconfig, path: string): Promise<Result<T, ApiFailure>> {
  const said = await callKubectl(caller, ['get', '--raw', path]);
  return said.ok ? ok(JSON.parse(said.value) as T) : said;
}

/** Whether the API server knows KubeVirt's kinds: everybody who is logged in may ask that, where a list of them may be forbidden, and is so without KubeVirt too. */
async function isServed(caller: CallerKubeconfig): Promise<boolean> {
  const asked = await get(caller, '/apis/kubevirt.io');
  return asked.ok || asked.failure.status !== 404;
}

/** A few at a time: each is a process. */
async function reviewAll(caller: CallerKubeconfig, needs: readonly Need[]): Promise<ReviewedNeed[]> {
  const reviewed: ReviewedNeed[] = [];
  for (let at = 0; at < needs.length; at += AT_ONCE) {
    const some = needs.slice(at, at + AT_ONCE);
    reviewed.push(...(await Promise.all(some.map(async (need) => ({ need, answer: await review(caller, need) })))));
  }
  return reviewed;
}

async function review(caller: CallerKubeconfig, need: Need): Promise<ReviewedNeed['answer']> {
  const body = JSON.stringify(accessReview(need));
  const said = await callKubectl(caller, ['create', '--raw', ACCESS_REVIEWS, '--filename', '-'], body);
  return said.ok ? ok(JSON.parse(said.value) as { status?: { allowed?: boolean } }) : said;
}

function notAnswering(
  { name }: KubeconfigProfile,
  { paths }: CallerKubeconfig,
  context: string,
  { kind, message }: ApiFailure,
): Failure {
  const where = `context ${context} in ${paths.join(', ')}`;
  return kind === 'denied'
    ? {
        reason: 'environment-failed',
        what: `the API server refuses the credentials of ${where}: ${message}`,
        next: `log in again (they may have expired), or name another context (\`context\`); then \`redfirst doctor ${name}\``,
        exit: EXIT.environment,
      }
    : {
        reason: 'environment-failed',
        what: `the cluster of ${where} does not answer: ${message}`,
        next: `start it, or name another (\`kubeconfig\`, \`context\`); by hand: kubectl --context=${context} get --raw /version`,
        exit: EXIT.environment,
      };
}

/** A suite has a private HOME and few variables, in which such a program may find nothing. */
function throughProgram(context: string, program: string): Finding {
  return {
    severity: 'warning',
    what: `context ${context} logs in through the program ${program}, which suites start with a private HOME and none of your variables`,
    next: 'if suites cannot log in: name a kubeconfig of a service account (`kubectl create token`)',
  };
}

import type { Finding, Result } from '../../domain/failure.ts';
import type { KubeconfigProfile } from '../../domain/profile.ts';
import type { ApiFailure } from '../kubernetes/api.ts';

/** One thing that the credentials must be allowed to do in every namespace (RBAC's words). */
export interface Need {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
}

const core = (verb: string, resource: string): Need => ({ verb, group: '', resource });

/** What any cluster is used for: a namespace for each attempt and what goes wrong in it, the health of its nodes. */
const CLUSTER_NEEDS: readonly Need[] = [
  core('create', 'namespaces'),
  core('get', 'namespaces'),
  core('list', 'namespaces'),
  core('delete', 'namespaces'),
  core('list', 'nodes'),
  core('list', 'events'),
];

/** What a cluster with KubeVirt is used for besides: its health, and a guest that is booted and looked into. */
const KUBEVIRT_NEEDS: readonly Need[] = [
  { verb: 'list', group: 'kubevirt.io', resource: 'kubevirts' },
  { verb: 'create', group: 'kubevirt.io', resource: 'virtualmachineinstances' },
  { verb: 'get', group: 'kubevirt.io', resource: 'virtualmachineinstances' },
  core('list', 'pods'),
  // `kubectl exec` looks at the pod first.
  core('get', 'pods'),
  core('get', 'pods/log'),
  core('create', 'pods/exec'),
];

/** What a KubeVirt whose gates may be switched is used for besides: the switch, and whether its components have taken it over. */
const GATE_NEEDS: readonly Need[] = [
  { verb: 'patch', group: 'kubevirt.io', resource: 'kubevirts' },
  core('get', 'pods/proxy'),
];

/** Whoever installs KubeVirt hands out rights in its roles, and may hand out none that they do not have: cluster-admin. */
const INSTALL_NEEDS: readonly Need[] = [{ verb: '*', group: '*', resource: '*' }];

/** What the credentials have to be allowed for what the profile allows redfirst. @param used whether there is a KubeVirt to be used */
export function needsOf(
  { allowMutation, install }: Pick<KubeconfigProfile, 'allowMutation' | 'install'>,
  used: boolean,
): readonly Need[] {
  if (used) return [...CLUSTER_NEEDS, ...KUBEVIRT_NEEDS, ...(allowMutation ? GATE_NEEDS : [])];
  return [...CLUSTER_NEEDS, ...(allowMutation && install ? INSTALL_NEEDS : [])];
}

/** The body of a SelfSubjectAccessReview (https://kubernetes.io/docs/reference/access-authn-authz/authorization/). */
export function accessReview({ verb, group, resource: named }: Need): object {
  const [resource = '', subresource = ''] = named.split('/');
  const resourceAttributes = { verb, group, resource, ...(subresource === '' ? {} : { subresource }) };
  return { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
}

export const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

export interface ReviewedNeed {
  readonly need: Need;
  readonly answer: Result<{ readonly status?: { readonly allowed?: boolean } }, ApiFailure>;
}

/** What the API server said to each need, as findings: one for all that is forbidden, with the role that would allow it. */
export function permissionFindings(reviewed: readonly ReviewedNeed[], context: string): Finding[] {
  const forbidden = reviewed.flatMap(({ need, answer }) =>
    answer.ok && answer.value.status?.allowed !== true ? [need] : [],
  );
  const unanswered = reviewed.find(({ answer }) => !answer.ok)?.answer;
  const findings: Finding[] = [];
  if (forbidden.length > 0)
    findings.push({
      severity: 'error',
      what: `the credentials of context ${context} may not ${forbidden.map(words).join(', ')}`,
      next: `let an administrator allow it: ${roleCommands(forbidden)}`,
    });
  if (unanswered !== undefined && !unanswered.ok)
    findings.push({
      severity: 'error',
      what: `the API server does not say what the credentials of context ${context} may do: ${unanswered.failure.message}`,
      next: 'log in again, or name another context (`context`)',
    });
  return findings;
}

function words({ verb, group, resource }: Need): string {
  if (verb === '*') return 'do everything, which installing KubeVirt takes';
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

/**
 * `kubectl create clusterrole` takes every verb for every resource of one call: one role for each verb keeps it to what is needed. Roles are named
 * after what they allow, and bindings after whom: what is missing later, or of others, is another role.
 */
function roleCommands(needs: readonly Need[]): string {
  if (needs.some(({ verb }) => verb === '*'))
    return 'kubectl create clusterrolebinding redfirst-cluster-admin-USER --clusterrole=cluster-admin --user=USER';
  const verbs = [...new Set(needs.map(({ verb }) => verb))];
  const roles = verbs.map((verb) => {
    const named = needs.filter((need) => need.verb === verb).map(({ group, resource }) => ({ group, resource }));
    const name = ['redfirst', verb, ...named.map(({ resource }) => resource.replace('/', '-'))].join('-');
    const resources = named.map(({ group, resource: whole }) => {
      const [resource, subresource] = whole.split('/');
      return `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
    });
    return { name, verb, resources };
  });
  return [
    ...roles.map(
      ({ name, verb, resources }) =>
        `kubectl create clusterrole ${name} --verb=${verb} --resource=${resources.join(',')}`,
    ),
    ...roles.map(({ name }) => `kubectl create clusterrolebinding ${name}-USER --clusterrole=${name} --user=USER`),
  ].join('; ');
}

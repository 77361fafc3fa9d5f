import { describe, expect, it } from 'vitest';
import type { KubeconfigProfile, KubeVirtSpec } from '../../../../src/domain/profile.ts';
import {
  callerVariables,
  kubeconfigPaths,
  readRefusal,
} from '../../../../src/environment/kubeconfig/caller-kubectl.ts';
import { foreseeChanges } from '../../../../src/environment/kubeconfig/foresee-changes.ts';
import { kubevirtFindings } from '../../../../src/environment/kubeconfig/kubevirt-findings.ts';
import { accessReview, needsOf, permissionFindings } from '../../../../src/environment/kubeconfig/permissions.ts';
import type { ApiFailure } from '../../../../src/environment/kubernetes/api.ts';

describe('kubeconfigPaths', () => {
  it('reads several, each once, relative ones from the repository’s root', () => {
    expect(kubeconfigPaths('/a:_ci-configs/k8s-1.36/.kubeconfig::~/.kube/config:/a', '/repo', '/home/me')).toEqual([
      '/a',
      '/repo/_ci-configs/k8s-1.36/.kubeconfig',
      '/home/me/.kube/config',
    ]);
    expect(kubeconfigPaths(' : ', '/repo', '/home/me')).toEqual([]);
    expect(kubeconfigPaths('~other/config', '/repo', '/home/me')).toEqual(['/repo/~other/config']);
  });
});

describe('callerVariables', () => {
  it('hands on what a login program may need, and never the caller’s KUBECONFIG', () => {
    expect(callerVariables({ HOME: '/h', AWS_PROFILE: 'x', KUBECONFIG: '/k', NONE: undefined })).toEqual({
      HOME: '/h',
      AWS_PROFILE: 'x',
    });
  });
});

describe('readRefusal', () => {
  it.each([
    ['error: You must be logged in to the server (Unauthorized)', 'denied', 401, 'Unauthorized'],
    ['Error from server (Forbidden): nodes is forbidden: User "x" cannot list', 'denied', 403, 'Forbidden'],
    ['Error from server (NotFound): the server could not find the requested resource', 'status', 404, 'NotFound'],
    ['Error from server (ServiceUnavailable): shutting down', 'status', 503, 'ServiceUnavailable'],
    ['Error from server (Gone): too old', 'unreachable', 0, 'Gone'],
    [
      'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?',
      'unreachable',
      0,
      '',
    ],
    ['Unable to connect to the server: getting credentials: exec: executable aws not found\n\nadvice', 'denied', 0, ''],
  ])('reads %s', (stderr, kind, status, reason) => {
    expect(readRefusal(stderr)).toMatchObject({ kind, status, reason });
  });

  it('keeps what is said, without log lines before it and advice after it', () => {
    const stderr = 'E1126 14:59:03.1 1 memcache.go:1] noise\nError from server (Forbidden): no\n\nadvice\n';
    expect(readRefusal(stderr).message).toBe('no');
    expect(readRefusal('')).toMatchObject({ kind: 'unreachable', message: '' });
  });
});

describe('permissionFindings', () => {
  const allowed = { ok: true, value: { status: { allowed: true } } } as const;
  const forbidden = { ok: true, value: { status: { allowed: false } } } as const;
  const needs = needsOf({ allowMutation: false, install: false }, true);

  it('has nothing to say where all is allowed', () => {
    expect(
      permissionFindings(
        needs.map((need) => ({ need, answer: allowed })),
        'dev',
      ),
    ).toEqual([]);
  });

  it('says once what is forbidden, with the least roles that would allow it, named after what they allow and whom', () => {
    const reviewed = needs.map((need) => ({
      need,
      answer: /log|nodes|machineinstances/.test(need.resource) ? forbidden : allowed,
    }));
    expect(permissionFindings(reviewed, 'dev')).toEqual([
      {
        severity: 'error',
        what: 'the credentials of context dev may not list nodes, create virtualmachineinstances.kubevirt.io, get virtualmachineinstances.kubevirt.io, get pods/log',
        next: [
          'let an administrator allow it: kubectl create clusterrole redfirst-list-nodes --verb=list --resource=nodes',
          'kubectl create clusterrole redfirst-create-virtualmachineinstances --verb=create --resource=virtualmachineinstances.kubevirt.io',
          'kubectl create clusterrole redfirst-get-virtualmachineinstances-pods-log --verb=get --resource=virtualmachineinstances.kubevirt.io,pods/log',
          'kubectl create clusterrolebinding redfirst-list-nodes-USER --clusterrole=redfirst-list-nodes --user=USER',
          'kubectl create clusterrolebinding redfirst-create-virtualmachineinstances-USER --clusterrole=redfirst-create-virtualmachineinstances --user=USER',
          'kubectl create clusterrolebinding redfirst-get-virtualmachineinstances-pods-log-USER --clusterrole=redfirst-get-virtualmachineinstances-pods-log --user=USER',
        ].join('; '),
      },
    ]);
  });

  it('asks for the switch of gates only where the profile allows it, and for everything only where KubeVirt is to be installed', () => {
    const asked = (allowMutation: boolean, install: boolean, used: boolean): string[] =>
      needsOf({ allowMutation, install }, used).map(({ verb, resource }) => `${verb} ${resource}`);
    expect(asked(false, false, true)).not.toContain('patch kubevirts');
    expect(asked(true, false, true)).toEqual(expect.arrayContaining(['patch kubevirts', 'get pods/proxy']));
    expect(asked(true, true, true)).not.toContain('* *');
    expect(asked(true, true, false)).toContain('* *');
    expect(asked(true, false, false)).not.toContain('* *');
    expect(asked(false, true, false)).not.toContain('* *');
  });

  it('names the one role that is enough to install', () => {
    const reviewed = needsOf({ allowMutation: true, install: true }, false).map((need) => ({
      need,
      answer: need.verb === '*' || need.resource === 'nodes' ? forbidden : allowed,
    }));
    expect(permissionFindings(reviewed, 'dev')).toEqual([
      {
        severity: 'error',
        what: 'the credentials of context dev may not list nodes, do everything, which installing KubeVirt takes',
        next: 'let an administrator allow it: kubectl create clusterrolebinding redfirst-cluster-admin-USER --clusterrole=cluster-admin --user=USER',
      },
    ]);
  });

  it('does not take silence for a permission', () => {
    const failure: ApiFailure = { kind: 'unreachable', status: 0, reason: '', message: 'EOF' };
    const [need] = needs;
    if (need === undefined) throw new Error('no need');
    expect(permissionFindings([{ need, answer: { ok: false, failure } }], 'dev')).toMatchObject([
      { severity: 'error', what: expect.stringContaining('EOF') },
    ]);
  });

  it('asks for subresources as the API has them', () => {
    expect(accessReview({ verb: 'get', group: '', resource: 'pods/log' })).toMatchObject({
      spec: { resourceAttributes: { verb: 'get', group: '', resource: 'pods', subresource: 'log' } },
    });
  });
});

describe('kubevirtFindings', () => {
  const spec: KubeVirtSpec = {
    version: 'v1.9.0',
    namespace: 'kubevirt',
    emulation: 'auto',
    featureGates: ['Snapshot'],
    disabledFeatureGates: ['Old'],
    imagePullPolicy: 'IfNotPresent',
  };
  const profile = (more: Partial<KubeconfigProfile> = {}): KubeconfigProfile => ({
    name: 'existing',
    provider: 'kubeconfig',
    kubeconfig: '/k',
    tools: { kubectl: 'kubectl', virtctl: 'virtctl' },
    addons: [],
    systems: {},
    guests: {},
    probe: { guest: 'own', ready: 'READY', deadlineMs: 1 },
    readyDeadlineMs: 1,
    namespacePrefix: 'redfirst',
    namespaceLabels: {},
    allowMutation: false,
    install: false,
    ...more,
  });
  const found = (
    version = 'v1.9.0',
    gates: readonly string[] = ['Snapshot'],
    disabled: readonly string[] = ['Old'],
  ) => ({
    metadata: { name: 'kubevirt', namespace: 'virt-system' },
    spec: { configuration: { developerConfiguration: { featureGates: gates, disabledFeatureGates: disabled } } },
    status: { observedKubeVirtVersion: version },
  });
  const said = (...[one, objects, unread, virtctl = true]: Parameters<typeof kubevirtFindings>) => {
    const findings = kubevirtFindings(one, objects, unread, virtctl);
    expect(findings.filter(({ severity, next }) => severity !== 'note' && !next)).toEqual([]);
    return findings.map(({ severity, what }) => `${severity}: ${what}`);
  };

  it('says where KubeVirt is, and only warns where it is not as the profile has it', () => {
    expect(said(profile({ kubevirt: spec }), [found()], undefined, true)).toEqual([
      'note: KubeVirt v1.9.0 is in namespace virt-system',
    ]);
    expect(said(profile({ kubevirt: spec }), [found('v1.8.1', [], []), found()], undefined, false)).toEqual([
      'note: KubeVirt v1.8.1 is in namespace virt-system',
      'warning: there are 2 KubeVirt objects; the one in virt-system is used',
      'warning: the profile names KubeVirt v1.9.0, the cluster has v1.8.1; it is left as it is',
      'warning: feature gates are not as the profile has them, and are left alone: Snapshot is not switched on, Old is not switched off',
      'note: virtctl is not on this machine; suites get none',
    ]);
  });

  it('says nothing of gates where they will be set', () => {
    expect(said(profile({ kubevirt: spec, allowMutation: true }), [found('v1.9.0', [], [])], undefined, true)).toEqual([
      'note: KubeVirt v1.9.0 is in namespace virt-system',
    ]);
  });

  it('says what no KubeVirt means', () => {
    const gone: ApiFailure = { kind: 'status', status: 404, reason: 'NotFound', message: 'no such kind' };
    const forbidden: ApiFailure = { kind: 'denied', status: 403, reason: 'Forbidden', message: 'cannot list' };
    expect(said(profile(), [], gone, true)).toEqual([
      'note: the cluster has no KubeVirt: the grade virt cannot be had',
    ]);
    expect(said(profile({ kubevirt: spec }), [], undefined, true)).toEqual([
      'warning: the cluster has no KubeVirt: the grade virt cannot be had',
    ]);
    expect(said(profile(), [], forbidden, true)).toEqual([
      'warning: whether the cluster has KubeVirt cannot be seen (cannot list); it is taken for one that has none',
    ]);
    expect(said(profile({ kubevirt: spec, install: true, allowMutation: true }), [], gone, true)).toEqual([
      'note: the cluster has no KubeVirt; v1.9.0 will be installed, and stays',
    ]);
  });

  it('refuses to install where that is not allowed, or where nobody said what', () => {
    expect(kubevirtFindings(profile({ kubevirt: spec, install: true }), [], undefined, true)[0]).toMatchObject({
      severity: 'error',
      what: expect.stringContaining('does not allow to change the cluster'),
    });
    expect(kubevirtFindings(profile({ install: true, allowMutation: true }), [], undefined, true)[0]).toMatchObject({
      severity: 'error',
      what: expect.stringContaining('does not say which'),
    });
  });

  describe('what a run would change', () => {
    const gone = (more: Partial<KubeconfigProfile> = {}) =>
      foreseeChanges(profile({ kubevirt: spec, ...more }), undefined);

    it('is nothing where the cluster may not be changed, and where it is as the profile has it', () => {
      expect(gone({ install: true, addons: [{ name: 'cdi', manifests: ['x'], wait: [] }] })).toBeUndefined();
      expect(gone({ allowMutation: true })).toBeUndefined();
      expect(foreseeChanges(profile({ kubevirt: spec, allowMutation: true }), found())).toBeUndefined();
      expect(foreseeChanges(profile({ allowMutation: true }), found())).toBeUndefined();
    });

    it('is said where it may, and how to let it happen', () => {
      const addons = [{ name: 'cdi', manifests: ['x'], wait: [] }];
      expect(gone({ allowMutation: true, install: true, addons })).toEqual({
        severity: 'note',
        what: 'a run changes the cluster: KubeVirt v1.9.0 is installed; add-on cdi is applied',
        next: '`redfirst doctor --provision existing` does so now, and looks at what is there then; without it nothing is changed',
      });
      const switched = foreseeChanges(profile({ kubevirt: spec, allowMutation: true }), found('v1.9.0', []));
      expect(switched?.what).toBe(
        'a run changes the cluster: the feature gates are set as the profile has them, and put back afterwards',
      );
    });
  });

  it('names the add-ons that it does not apply', () => {
    const addons = [{ name: 'cdi', manifests: ['x'], wait: [] }];
    expect(said(profile({ addons }), [found()], undefined, true)).toContain(
      'warning: add-ons are not applied to a cluster that is not to be changed: cdi',
    );
  });
});

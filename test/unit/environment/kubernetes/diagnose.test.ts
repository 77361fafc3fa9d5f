import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fail, ok } from '../../../../src/domain/failure.ts';
import { type DiagnosisRequest, diagnoseCluster } from '../../../../src/environment/kubernetes/diagnose.ts';
import type { Kubectl } from '../../../../src/environment/kubernetes/kubectl.ts';
import type { Pod } from '../../../../src/environment/kubernetes/objects.ts';
import { condition, recorded } from '../cluster-fixtures.ts';
import { type Answer, fakeApi, list } from './fake-api.ts';

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'rf-diagnosis-')), 'diagnosis');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const NO_KUBECTL: Kubectl = {
  path: 'kubectl',
  run: async () => fail({ reason: 'environment-failed', what: 'no', next: '', exit: 3 } as const),
};
function pod(name: string, namespace: string, more: object = {}, labels: Record<string, string> = {}): Pod {
  return {
    metadata: { name, namespace, labels },
    spec: { nodeName: 'n1' },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'compute', restartCount: 0, state: { running: {} }, ...more }],
    },
  };
}

/** What a cluster answers, by the beginning of a path; the longest that fits. */
function cluster(answers: Record<string, Answer>) {
  const known = Object.entries({ '/readyz': { text: 'ok' }, ...answers }).sort(([a], [b]) => b.length - a.length);
  return fakeApi(({ path }) => known.find(([begin]) => path.startsWith(begin))?.[1] ?? list());
}

async function diagnose(answers: Record<string, Answer>, more: Partial<DiagnosisRequest> = {}) {
  const { api, asked } = await cluster(answers);
  const files = await diagnoseCluster({
    api,
    kubectl: NO_KUBECTL,
    dir,
    complaints: [],
    namespaces: ['mine'],
    kubevirtNamespace: 'kubevirt',
    ...more,
  });
  const text = (name: string): string => {
    const path = Object.entries(files).find(([, kept]) => kept === `cluster/${name}`)?.[0];
    return path === undefined ? '' : readFileSync(path, 'utf8');
  };
  return { files, asked, text, names: Object.values(files).sort() };
}

describe('diagnoseCluster', () => {
  it('keeps what a person would ask for first, and nothing that an earlier one left', async () => {
    mkdirSync(dir);
    writeFileSync(join(dir, 'old.txt'), 'x');
    const domain = {
      path: 'kubectl',
      run: async (args: readonly string[]) => ok(args.includes('dumpxml') ? '<domain/>' : 'mine_vm\n\n'),
    };
    const { names, text, asked } = await diagnose(
      {
        '/api/v1/namespaces/mine/pods': list(
          pod('virt-launcher-vm', 'mine', { restartCount: 2 }, { 'kubevirt.io': 'virt-launcher' }),
        ),
        '/api/v1/namespaces/kubevirt/pods': list(pod('virt-api', 'kubevirt', { name: 'virt-api' })),
        '/api/v1/namespaces/mine/pods/virt-launcher-vm/log': { text: 'launcher says\n' },
        '/api/v1/namespaces/kubevirt/pods/virt-api/log': { text: 'api says\n' },
        '/api/v1/namespaces/mine/events': list({
          metadata: { name: 'e', namespace: 'mine' },
          ...{ type: 'Warning', reason: 'Failed', message: 'why', count: 3, lastTimestamp: '2026-11-26T15:00:00Z' },
          involvedObject: { kind: 'Pod', name: 'p' },
        }),
        '/apis/kubevirt.io/v1/namespaces/mine/virtualmachineinstances': list({
          metadata: { name: 'vm', namespace: 'mine', managedFields: [1] },
          status: { phase: 'Scheduling' },
        }),
        '/api/v1/nodes': list({ metadata: { name: 'n1' }, status: { conditions: [condition('Ready', 'True')] } }),
      },
      { kubectl: domain, nodeLogs: async () => ({ 'n1/journal.log': 'kubelet says\n' }) },
    );
    expect(names).toEqual([
      'cluster/domains/mine_vm.xml',
      'cluster/events.txt',
      'cluster/likely-cause.txt',
      'cluster/logs/virt-api/virt-api.log',
      'cluster/logs/virt-launcher-vm/compute.log',
      'cluster/logs/virt-launcher-vm/compute.previous.log',
      'cluster/nodes.json',
      'cluster/nodes/n1/journal.log',
      'cluster/pods.txt',
      'cluster/vmis.json',
    ]);
    expect(text('likely-cause.txt')).toBe('guest did not boot: VMI mine/vm is Scheduling\n');
    expect(text('events.txt')).toBe('2026-11-26T15:00:00Z Warning mine Pod/p Failed: why (3 times)');
    expect(text('pods.txt').split('\n')[0]).toBe(
      'mine/virt-launcher-vm Running on n1: compute=running (restarted 2 times)',
    );
    expect(text('vmis.json')).not.toContain('managedFields');
    expect(existsSync(join(dir, 'old.txt'))).toBe(false);
    expect(asked.some(({ path }) => path.includes('previous=true'))).toBe(true);
  });

  it('describes recorded pods that are stuck', async () => {
    const { text } = await diagnose({
      '/api/v1/namespaces/mine/pods': { json: JSON.parse(recorded('kubectl/stuck-pods.json')) },
    });
    const lines = text('pods.txt').split('\n');
    expect(lines[0]).toBe(
      'record-units/bad-name Pending on redfirst-kind-kubevirt-control-plane: main=InvalidImageName',
    );
    expect(lines[3]).toBe('record-units/too-large Pending on no node: ');
  });

  it('asks the nodes where the API server is gone, and says so', async () => {
    const { names, text, asked } = await diagnose(
      { '/': { status: 502, text: 'connection refused' }, '/readyz': { status: 502, text: 'connection refused' } },
      { nodeLogs: async () => ({ 'n1/etcd.log': 'no space left\n' }) },
    );
    expect(names).toEqual(['cluster/likely-cause.txt', 'cluster/nodes/n1/etcd.log']);
    expect(text('likely-cause.txt')).toBe('API server gone: connection refused\n');
    expect(asked.map(({ path }) => path)).toEqual(['/readyz']);
  });

  it('names no cause out of KubeVirt’s own pods, and keeps their logs', async () => {
    const { names } = await diagnose({
      '/api/v1/namespaces/kubevirt/pods': list(pod('virt-api', 'kubevirt', { state: { terminated: { exitCode: 1 } } })),
      '/api/v1/namespaces/kubevirt/pods/virt-api/log': { text: 'x' },
    });
    expect(names).toEqual(['cluster/logs/virt-api/compute.log', 'cluster/pods.txt']);
  });

  it('keeps the end of a file that is too large', async () => {
    const log = `${'x'.repeat(400 * 1024)}\nthe last words\n`;
    const { files, text } = await diagnose({
      '/api/v1/namespaces/mine/pods': list(pod('p', 'mine')),
      '/api/v1/namespaces/mine/pods/p/log': { text: log },
    });
    expect(text('logs/p/compute.log').endsWith('\nthe last words\n')).toBe(true);
    expect(Math.max(...Object.keys(files).map((path) => statSync(path).size))).toBe(256 * 1024);
  });

  it('keeps 4 MiB in all, the run’s own pods first', async () => {
    const pods = (namespace: string) =>
      list(...Array.from({ length: 30 }, (_, index) => pod(`${namespace}-${index}`, namespace)));
    const { files, names } = await diagnose({
      '/api/v1/namespaces/mine/pods': pods('mine'),
      '/api/v1/namespaces/kubevirt/pods': pods('kubevirt'),
      '/api/v1/namespaces/mine/pods/': { text: 'x'.repeat(200 * 1024) },
      '/api/v1/namespaces/kubevirt/pods/': { text: 'y'.repeat(200 * 1024) },
    });
    const total = Object.keys(files).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(total).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(names.filter((name) => name.includes('logs/mine-')).length).toBeGreaterThan(10);
    expect(names.filter((name) => name.includes('logs/kubevirt-'))).toEqual([]);
  });

  it('keeps what the nodes say though the pods filled it', async () => {
    const { names } = await diagnose(
      {
        '/api/v1/namespaces/mine/pods': list(...Array.from({ length: 30 }, (_, index) => pod(`p${index}`, 'mine'))),
        '/api/v1/namespaces/mine/pods/': { text: 'x'.repeat(250 * 1024) },
      },
      { nodeLogs: async () => ({ 'n1/journal.log': 'z'.repeat(100 * 1024) }) },
    );
    expect(names).toContain('cluster/nodes/n1/journal.log');
  });

  it('ends at its deadline with what it has, and says that it is not whole', async () => {
    const pods = Array.from({ length: 50 }, (_, index) => pod(`p${index}`, 'mine'));
    const slow: Answer = { raw: (response) => void setTimeout(() => response.end('late'), 30) };
    const { names, text } = await diagnose(
      { '/api/v1/namespaces/mine/pods': list(...pods), '/api/v1/namespaces/mine/pods/': slow },
      { deadlineMs: 100, nodeLogs: async () => ({ 'n1/journal.log': 'kubelet says\n' }) },
    );
    expect(names).toContain('cluster/pods.txt');
    expect(names.filter((name) => name.includes('logs/')).length).toBeLessThan(50);
    expect(text('incomplete.txt')).toBe('the diagnosis was ended after 0.1 s\n');
    expect(names).toContain('cluster/nodes/n1/journal.log');
  });

  it('never leaves its folder, however a container calls itself', async () => {
    const { files } = await diagnose({
      '/api/v1/namespaces/mine/pods': list(pod('p', 'mine', { name: '../../../escaped' })),
      '/api/v1/namespaces/mine/pods/': { text: 'x' },
    });
    for (const path of Object.keys(files)) expect(path.startsWith(`${dir}/`)).toBe(true);
  });
});

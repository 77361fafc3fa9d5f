import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KubeApi } from '../../../src/environment/kubernetes/api.ts';
import { openApi } from '../../../src/environment/kubernetes/open-api.ts';
import { watchCluster } from '../../../src/environment/kubernetes/watch-cluster.ts';
import { processesWithToken } from '../../../src/process/process-group.ts';
import { ASSETS, envtestProfile, NO_ASSETS } from '../envtest-assets.ts';
import { type Provisioned, provisionProfile } from '../provisioned.ts';

let provisioned: Provisioned;
let api: KubeApi;
const undos: (() => Promise<void>)[] = [];

beforeEach((ctx) => ctx.skip(ASSETS === undefined, NO_ASSETS));
beforeAll(async () => {
  if (ASSETS === undefined) return;
  provisioned = await provisionProfile(envtestProfile());
  if (!provisioned.result.ok) throw new Error(provisioned.result.failure.what);
  const opened = await openApi(
    {
      kubectl: join(ASSETS, 'kubectl'),
      kubeconfig: provisioned.result.value.suiteVariables()['KUBECONFIG'] ?? '',
      env: {},
      deadlineMs: 60_000,
    },
    {
      ...{ root: process.cwd(), keep: false, purpose: 'a test', runtimeDir: join(provisioned.runtimeDir, 'second') },
      ...{ token: provisioned.token, signal: new AbortController().signal, progress: () => undefined },
      onCleanup: (_, undo) => undos.push(undo),
    },
  );
  if (!opened.ok) throw new Error(opened.failure.what);
  api = opened.value.api;
});
afterAll(async () => {
  for (const undo of undos) await undo();
  await provisioned?.cleanUp();
  provisioned?.remove();
});

/** One look at the beginning of the window and one at its end: nothing sees the silence between. */
const watch = () => watchCluster({ api, ownNamespaces: () => [], hasNodes: false, pollMs: 600_000 });

/** Kills the process without notice, and starts others with the same arguments until one stays: what the kubelet does with a static pod. */
async function replaceApiServer(): Promise<void> {
  const [pid] = processesWithToken(provisioned.token).filter((one) =>
    readFileSync(`/proc/${one}/cmdline`, 'utf8').split('\0')[0]?.endsWith('/kube-apiserver'),
  );
  expect(pid).toBeDefined();
  const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  const cwd = readlinkSync(`/proc/${pid}/cwd`);
  process.kill(pid ?? 0, 'SIGKILL');
  let child: ChildProcess | undefined;
  undos.push(async () => {
    child?.kill('SIGKILL');
  });
  for (;;) {
    // The port of the one before is free only once its process is gone altogether.
    if (child === undefined || child.exitCode !== null) child = spawn(program, args, { cwd, stdio: 'ignore' });
    await sleep(100);
    const ready = await api.text('/readyz');
    if (ready.ok && child.exitCode === null) return;
  }
}

describe('control: an API server', () => {
  it('that stays is healthy', async () => {
    const watching = watch();
    await sleep(1000);
    expect(await watching.stop()).toEqual({ healthy: true });
  });
});

describe('a real kube-apiserver', () => {
  it('that was killed and is back before anybody asked makes the window unhealthy', async () => {
    const watching = watch();
    await sleep(1000);
    await replaceApiServer();
    expect(await watching.stop()).toMatchObject({
      healthy: false,
      reason: expect.stringMatching(/^the API server was started anew \(lease apiserver-\w+\)$/),
    });
  });
});

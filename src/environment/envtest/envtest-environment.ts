import type { EnvironmentIdentity, Health } from '../../domain/environment.ts';
import type { Result } from '../../domain/failure.ts';
import { clusterEnvironment } from '../kubernetes/cluster-environment.ts';
import { healthOf } from '../kubernetes/cluster-health.ts';
import type { OpenedApi } from '../kubernetes/open-api.ts';
import { withFreshKubeconfig } from '../kubernetes/suite-kubeconfig.ts';
import type { Environment } from '../provider.ts';
import type { ControlPlane } from './control-plane.ts';
import { removeWithoutController } from './remove-namespaces.ts';

export interface EnvtestParts {
  readonly identity: EnvironmentIdentity;
  readonly runtimeDir: string;
  readonly token: string;
  readonly plane: ControlPlane;
  readonly opened: OpenedApi;
  /** Path and text of what suites log in with. */
  readonly kubeconfig: { readonly path: string; readonly text: string };
  /** Absolute path. */
  readonly kubectl: string;
  /** Starts both anew with an empty etcd, and applies the manifests again. */
  readonly startAnew: () => Promise<Result<void>>;
}

const HEALTHY: Health = { healthy: true };

/** The environment around an API server with nothing behind it. A reset throws etcd away, so that nothing of a scenario can stay. */
export function envtestEnvironment(parts: EnvtestParts): Environment {
  const { identity, runtimeDir, token, plane, opened, kubeconfig } = parts;
  let resetProblem: string | undefined;
  const cluster = clusterEnvironment({
    ...{ identity, runtimeDir, token, api: opened.api, hasNodes: false },
    kubeconfig: kubeconfig.path,
    tools: { kubectl: parts.kubectl, virtctl: '' },
    namespacePrefix: 'redfirst',
    namespaceLabels: {},
    guests: {},
    removeNamespaces: async (api, names, deadlineMs) => {
      await plane.settle();
      const death = plane.death();
      // Nobody answers any more, and the reset takes everything anyway.
      return death === undefined
        ? removeWithoutController(api, names, deadlineMs)
        : names.map((name) => `${name}: ${death}`);
    },
    diagnosis: { kubectl: opened.kubectl, nodeLogs: () => plane.logs(), whyGone: () => plane.death() },
  });
  /** `/readyz` notices an etcd that is gone only after a while; reading one object takes it. A machine that is busy is asked twice. */
  const whyUnread = async (): Promise<string | undefined> => {
    const read = async () => opened.api.get('/api/v1/namespaces/default');
    const first = await read();
    const answer = first.ok || plane.death() !== undefined ? first : await read();
    return answer.ok ? undefined : `the API server cannot read from etcd: ${answer.failure.message}`;
  };
  /** A process that ended says all: whoever is asked in its absence would only be waited for. @param ask what else there is to know */
  const withOwn = async (ask: () => Promise<Health>): Promise<Health> => {
    await plane.settle();
    const said = plane.death() === undefined ? await ask() : HEALTHY;
    const unread = plane.death() === undefined ? await whyUnread() : undefined;
    await plane.settle();
    const own = [plane.death() ?? unread, resetProblem].filter((reason) => reason !== undefined);
    return own.length === 0 ? said : healthOf(said.healthy ? own : [...own, said.reason]);
  };
  return withFreshKubeconfig(
    {
      ...cluster,
      health: () => withOwn(() => cluster.health()),
      watch: () => {
        const watched = cluster.watch();
        return {
          stop: () => {
            // Looking ends either way; where a process has ended nobody waits for it.
            const stopped = watched.stop();
            return withOwn(() => stopped);
          },
        };
      },
      reset: async () => {
        const started = await parts.startAnew();
        resetProblem = started.ok ? undefined : `the control plane did not start anew: ${started.failure.what}`;
        if (started.ok) await cluster.reset();
      },
    },
    kubeconfig.path,
    kubeconfig.text,
  );
}

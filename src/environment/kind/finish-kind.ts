import type { Result } from '../../domain/failure.ts';
import { finishEnvironment } from '../kubernetes/finish-environment.ts';
import { gateSwitch } from '../kubevirt/gate-switch.ts';
import { restoreKubeVirt } from '../kubevirt/restore.ts';
import type { Environment, ProvisionContext } from '../provider.ts';
import type { UpCluster } from './bring-up.ts';
import { nodeLogs } from './node-logs.ts';

/** Identifies a kind cluster that is up, and makes the environment of it. */
export async function finishKind(cluster: UpCluster, context: ProvisionContext): Promise<Result<Environment>> {
  const { profile, engine, nodes, opened, tools, folder, record } = cluster;
  const { kubevirt } = profile;
  const node = nodes.find(({ role }) => role === 'control-plane');
  return finishEnvironment(
    {
      profile,
      profileDigest: record.digest,
      opened,
      facts: {
        'kind.cluster': profile.cluster,
        'kind.engine': `${engine.name} ${engine.version}`,
        'kind.node.image': profile.image,
        'kind.node.image.id': node?.imageId ?? '',
        'kind.origin': record.origin,
        ...(context.system === undefined ? {} : { system: `${context.system.name} ${record.system.slice(0, 12)}` }),
      },
      findings: cluster.findings,
      kubeconfig: folder.kubeconfig,
      tools,
      namespacePrefix: 'redfirst',
      namespaceLabels: {},
      hasTinyGuest: kubevirt !== undefined,
      mustBoot: true,
      outlives: context.keep || cluster.how !== 'created',
      nodeLogs: () => nodeLogs(engine, nodes),
      ...(kubevirt === undefined
        ? {}
        : {
            kubevirtNamespace: kubevirt.namespace,
            gates: gateSwitch(opened.api, kubevirt, context, profile.readyDeadlineMs),
            restore: () => restoreKubeVirt(opened.api, kubevirt, context, profile.readyDeadlineMs),
          }),
    },
    context,
  );
}

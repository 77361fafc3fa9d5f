import type { Result } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { finishEnvironment } from '../kubernetes/finish-environment.ts';
import { restoreKubeVirt } from '../kubevirt/restore.ts';
import type { Environment, ProvisionContext } from '../provider.ts';
import type { UpCluster } from './bring-up.ts';
import { nodeLogs } from './node-logs.ts';

/** Identifies a kind cluster that is up, and makes the environment of it. */
export async function finishKind(
  profile: KindProfile,
  cluster: UpCluster,
  context: ProvisionContext,
): Promise<Result<Environment>> {
  const { engine, nodes, opened, tools, folder, record } = cluster;
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
        'kind.node.image.id': record.nodeImageId ?? node?.imageId ?? '',
        'kind.origin': record.origin,
      },
      findings: cluster.findings,
      kubeconfig: folder.kubeconfig,
      tools,
      namespacePrefix: 'redfirst',
      namespaceLabels: {},
      hasTinyGuest: kubevirt !== undefined,
      mustBoot: true,
      nodeLogs: () => nodeLogs(engine, nodes),
      ...(kubevirt === undefined
        ? {}
        : {
            kubevirtNamespace: kubevirt.namespace,
            restore: () => restoreKubeVirt(opened.api, kubevirt, context, profile.readyDeadlineMs),
          }),
    },
    context,
  );
}

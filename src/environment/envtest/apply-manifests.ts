import { fail, ok, type Result } from '../../domain/failure.ts';
import { applyManifest, manifestPath } from '../kubernetes/apply.ts';
import { failedToIdentify } from '../kubernetes/identify-cluster.ts';
import { type CustomResourceDefinition, conditionOf, type List } from '../kubernetes/objects.ts';
import type { OpenedApi } from '../kubernetes/open-api.ts';
import { waitFor } from '../kubernetes/wait-for.ts';
import type { ProvisionContext } from '../provider.ts';

/** Applies manifests in order, and waits after each until every custom resource definition is served: the next may use it. */
export async function applyManifests(
  { api, kubectl }: OpenedApi,
  manifests: readonly string[],
  { root, signal, progress }: Pick<ProvisionContext, 'root' | 'signal' | 'progress'>,
  deadlineMs: number,
): Promise<Result<void>> {
  for (const manifest of manifests) {
    progress(`${manifest} to be applied`);
    const applied = await applyManifest(kubectl, manifestPath(manifest, root));
    if (!applied.ok) return applied;
    const established = await waitFor({
      what: manifest,
      deadlineMs,
      signal,
      progress,
      times: { pollMs: 100 },
      missing: async () => {
        const found = await api.get<List<CustomResourceDefinition>>(
          '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
        );
        return found.ok ? ok(notEstablished(found.value.items)) : fail(failedToIdentify(found.failure.message));
      },
    });
    if (!established.ok) return established;
  }
  return ok(undefined);
}

/** Custom resource definitions that are not served yet, in the API server's words. */
export function notEstablished(definitions: readonly CustomResourceDefinition[]): string[] {
  return definitions.flatMap(({ metadata, status }) => {
    const established = conditionOf(status?.conditions, 'Established');
    if (established?.status === 'True') return [];
    const refused = conditionOf(status?.conditions, 'NamesAccepted');
    const why = refused?.status === 'False' ? refused.message : established?.message;
    return [`CRD ${metadata.name} to be Established${why === undefined || why === '' ? '' : ` (${why})`}`];
  });
}

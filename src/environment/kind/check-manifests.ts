import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { EXIT, type Failure } from '../../domain/failure.ts';
import type { KindProfile } from '../../domain/profile.ts';
import { manifestPath } from '../kubernetes/apply.ts';

/**
 * Reads the manifests that a profile names on this machine before minutes are spent on a cluster: one that is not there, or that is no YAML, is
 * a mistake in the configuration. What the API server says of their content comes later. URLs are left to kubectl.
 */
export function checkManifests(
  { kubevirt, addons }: Pick<KindProfile, 'kubevirt' | 'addons'>,
  root: string,
): Failure | undefined {
  const named = [kubevirt?.operator, kubevirt?.cr, ...addons.flatMap(({ manifests }) => manifests)];
  for (const manifest of named.filter((one) => one !== undefined)) {
    const path = manifestPath(manifest, root);
    const why = /^https?:/.test(path) ? undefined : mistakeIn(path);
    if (why === undefined) continue;
    const { what, line } = why;
    return {
      reason: 'configuration-invalid',
      what: `the manifest ${manifest} cannot be applied: ${what}`,
      next: 'mend the file, or the path in the profile (or in the variable that stands for it on this machine)',
      exit: EXIT.usage,
      where: line === undefined ? { file: path } : { file: path, line },
    };
  }
  return undefined;
}

function mistakeIn(path: string): { readonly what: string; readonly line?: number } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { what: (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error) };
  }
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents) || documents.length === 0) return { what: 'it is empty' };
  const error = documents.flatMap(({ errors }) => errors)[0];
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const what = error.message.split('\n')[0]?.replace(/ at line \d+.*/, '') ?? 'it is no YAML';
    return line === undefined ? { what } : { what, line };
  }
  const objects = documents
    .map((document) => document.toJS() as { kind?: unknown } | null)
    .filter((one) => one !== null);
  return objects.length > 0 && objects.every((one) => typeof one.kind === 'string')
    ? undefined
    : { what: 'it holds something that is no Kubernetes object (`kind` is missing)' };
}

import { X509Certificate } from 'node:crypto';
import type { KindNetwork } from './kind-network.ts';
import type { NodeRecipe } from './node-recipe.ts';

/** A file of a snapshot, by what it must be. */
export interface SnapshotFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One node of a snapshot. */
export interface SnapshotNode {
  readonly recipe: NodeRecipe;
  readonly role: string;
  /** Image id of its root filesystem, committed: the node image and what the node changed in it. */
  readonly rootImage: string;
  /** Archive of its volume `/var`; the balancer before several control planes has none. */
  readonly volume: SnapshotFile;
}

/** What a snapshot says of itself. */
export interface SnapshotManifest {
  readonly v: 1;
  readonly cluster: string;
  readonly profile: string;
  readonly digest: string;
  readonly takenAtMs: number;
  /** When the first certificate in it expires. */
  readonly validUntilMs: number;
  /** The node image that the nodes were made from: identity tells this one, not the committed ones. */
  readonly nodeImageId: string;
  /** Versions of what took it and of what is in it, for a person. */
  readonly versions: Readonly<Record<string, string>>;
  readonly kubeconfig: SnapshotFile;
  readonly network: KindNetwork;
  readonly nodes: readonly SnapshotNode[];
}

/** Reads a manifest; undefined for what is none, or one of another version. */
export function readManifest(text: string): SnapshotManifest | undefined {
  try {
    const found = JSON.parse(text) as Partial<SnapshotManifest> | null;
    const whole =
      found?.v === 1 &&
      typeof found.digest === 'string' &&
      typeof found.cluster === 'string' &&
      typeof found.takenAtMs === 'number' &&
      typeof found.validUntilMs === 'number' &&
      typeof found.nodeImageId === 'string' &&
      isFile(found.kubeconfig) &&
      typeof found.network?.name === 'string' &&
      Array.isArray(found.nodes) &&
      found.nodes.length > 0 &&
      found.nodes.every(
        (node) => typeof node?.rootImage === 'string' && isFile(node.volume) && Array.isArray(node.recipe?.ports),
      );
    return whole ? (found as SnapshotManifest) : undefined;
  } catch {
    return undefined;
  }
}

/** Names of files are plain: a manifest that was tampered with must not lead out of its folder. */
function isFile(file: SnapshotFile | undefined): boolean {
  return typeof file?.file === 'string' && /^[\w][\w.-]*$/.test(file.file) && typeof file.bytes === 'number';
}

export interface SnapshotWanted {
  readonly digest: string;
  readonly cluster: string;
  readonly nodes: number;
  readonly nowMs: number;
}

export const OTHER_DIGEST = 'it is of another digest: the profile, a manifest or an image has changed';

/** A certificate that expires while a run goes on spoils the run. */
const LEAST_LIFE_MS = 24 * 3_600_000;

/** Why a snapshot cannot be restored as the cluster that is wanted now; undefined where it can. Pure. */
export function snapshotMisfit(manifest: SnapshotManifest, wanted: SnapshotWanted): string | undefined {
  if (manifest.digest !== wanted.digest) return OTHER_DIGEST;
  if (manifest.cluster !== wanted.cluster) return `it is of cluster ${manifest.cluster}`;
  if (manifest.nodes.length !== wanted.nodes)
    return `it has ${manifest.nodes.length} nodes, the profile ${wanted.nodes}`;
  // Certificates and leases of a later time than now are not valid yet.
  if (wanted.nowMs < manifest.takenAtMs) return "it was taken later than this machine's clock says it is now";
  if (wanted.nowMs + LEAST_LIFE_MS > manifest.validUntilMs)
    return `a certificate in it expires at ${new Date(manifest.validUntilMs).toISOString()}`;
  return undefined;
}

/** When the first of all certificates in a text of PEM blocks expires; undefined where there is none. */
export function earliestExpiryMs(pem: string): number | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const times = blocks.flatMap((block) => {
    try {
      return [Date.parse(new X509Certificate(block).validTo)];
    } catch {
      return [];
    }
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** A kubeconfig whose server listens on another port of this machine now. */
export function atPort(kubeconfig: string, ports: ReadonlyMap<number, number>): string {
  return kubeconfig.replace(/^(\s*server:\s*https:\/\/[^\s/]*:)(\d+)/gm, (line, before: string, port: string) => {
    const now = ports.get(Number(port));
    return now === undefined ? line : `${before}${now}`;
  });
}

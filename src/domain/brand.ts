declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Identifier of one run: `r` + UTC time to the second + 4 random hex digits, sortable by start, e.g. `r20261122T164105Z-3fa9`. */
export type RunId = Brand<string, 'RunId'>;
/** Full 40-digit (or 64-digit) object name of a git commit. */
export type CommitId = Brand<string, 'CommitId'>;
/** Full object name of a git tree. */
export type TreeId = Brand<string, 'TreeId'>;
/** SHA-256 as 64 lower-case hex digits. */
export type Sha256 = Brand<string, 'Sha256'>;
/** A feature's slug: `[a-z0-9]([a-z0-9-]*[a-z0-9])?`, 63 characters at most (a DNS-1123 label, as Kubernetes names are). */
export type FeatureName = Brand<string, 'FeatureName'>;

/** The name as the runtime in a node has it: `docker.io/library/alpine:3` for `alpine:3`; where there is a digest, without the tag before it. */
export function normalName(named: string): string {
  const image = named.replace(/:[^/@]*@/, '@');
  const first = image.split('/')[0] ?? '';
  const registry = image.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const full = registry ? image : image.includes('/') ? `docker.io/${image}` : `docker.io/library/${image}`;
  return /[:@][^/]*$/.test(full) ? full : `${full}:latest`;
}

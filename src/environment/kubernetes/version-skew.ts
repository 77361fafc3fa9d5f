import type { Finding } from '../../domain/failure.ts';

/** Minors that kubectl may be ahead of, or behind, the API server (https://kubernetes.io/releases/version-skew-policy/#kubectl). */
const KUBECTL_SKEW = 1;

/** Whether kubectl and virtctl fit what they talk to; a version that is not known fits. Pure. */
export function skewFindings(versions: {
  readonly kubectl?: string | undefined;
  readonly kubernetes?: string | undefined;
  readonly virtctl?: string | undefined;
  readonly kubevirt?: string | undefined;
}): Finding[] {
  const { kubectl, kubernetes, virtctl, kubevirt } = versions;
  const findings: Finding[] = [];
  const [client, server] = [minorNumber(kubectl), minorNumber(kubernetes)];
  if (client !== undefined && server !== undefined && Math.abs(client - server) > KUBECTL_SKEW)
    findings.push({
      severity: 'warning',
      what: `kubectl is ${kubectl}, the API server ${kubernetes}: more than one minor apart`,
      next: 'name a kubectl of the same minor (`kubectl` in the profile)',
    });
  const [tool, cluster] = [minorNumber(virtctl), minorNumber(kubevirt)];
  if (tool !== undefined && cluster !== undefined && tool !== cluster)
    findings.push({
      severity: 'warning',
      what: `virtctl is ${virtctl}, KubeVirt ${kubevirt}`,
      next: 'name a virtctl of the same minor (`virtctl` in the profile)',
    });
  return findings;
}

/** 36 of `v1.36.2`; both projects have stayed with major 1. */
function minorNumber(version: string | undefined): number | undefined {
  const minor = /^v?\d+\.(\d+)/.exec(version ?? '')?.[1];
  return minor === undefined ? undefined : Number(minor);
}

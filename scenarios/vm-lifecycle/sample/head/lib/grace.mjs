/** KubeVirt's own, where a VM names none. */
const DEFAULT_S = 30;

/** How long a guest may take to power itself off before KubeVirt ends it. */
export function graceMs(vmi) {
  return (vmi?.spec.terminationGracePeriodSeconds ?? DEFAULT_S) * 1000;
}

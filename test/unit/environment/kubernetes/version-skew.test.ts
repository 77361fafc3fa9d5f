import { describe, expect, it } from 'vitest';
import { skewFindings } from '../../../../src/environment/kubernetes/version-skew.ts';

describe('skewFindings', () => {
  it('takes kubectl one minor before and after, and virtctl of the same minor', () => {
    expect(skewFindings({ kubectl: 'v1.35.0', kubernetes: 'v1.36.2', virtctl: 'v1.9.1', kubevirt: 'v1.9.0' })).toEqual(
      [],
    );
    expect(skewFindings({ kubectl: 'v1.37.0', kubernetes: 'v1.36.2+k3s1' })).toEqual([]);
  });

  it('warns of more, with what to do', () => {
    expect(
      skewFindings({ kubectl: 'v1.34.0', kubernetes: 'v1.36.2', virtctl: 'v1.8.0', kubevirt: 'v1.9.0-rc.0' }),
    ).toEqual([
      {
        severity: 'warning',
        what: 'kubectl is v1.34.0, the API server v1.36.2: more than one minor apart',
        next: 'name a kubectl of the same minor (`kubectl` in the profile)',
      },
      {
        severity: 'warning',
        what: 'virtctl is v1.8.0, KubeVirt v1.9.0-rc.0',
        next: 'name a virtctl of the same minor (`virtctl` in the profile)',
      },
    ]);
  });

  it('has nothing to say of versions that are not known', () => {
    expect(skewFindings({ kubectl: 'v1.36.0', kubernetes: undefined, virtctl: 'main', kubevirt: 'v1.9.0' })).toEqual(
      [],
    );
  });
});

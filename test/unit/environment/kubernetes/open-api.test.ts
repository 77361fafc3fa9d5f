import { expect, test } from 'vitest';
import { whyNotReady } from '../../../../src/environment/kubernetes/open-api.ts';

test('what is told of an API server that comes up does not change with every look', () => {
  expect(whyNotReady('read tcp 127.0.0.1:48152->127.0.0.1:33377: read: connection reset by peer')).toBe(
    'it does not answer yet',
  );
  expect(whyNotReady('EOF')).toBe('it does not answer yet');
  expect(whyNotReady('dial tcp: lookup nowhere.invalid: no such host')).toContain('no such host');
});

test('of all checks those that failed are told', () => {
  const message =
    '[+]ping ok\n[-]poststarthook/rbac/bootstrap-roles failed: reason withheld\n[+]shutdown ok\nreadyz check failed';
  expect(whyNotReady(message)).toBe('not yet: poststarthook/rbac/bootstrap-roles');
});

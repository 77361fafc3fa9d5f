import { expect, it } from 'vitest';
import { settleRed } from '../../../src/classify/change-red.ts';
import { failing, makeAttempt } from './facts.ts';

const LEAK = { file: 'pkg/stream_test.go', line: 61 };

function settle(...failures: readonly Parameters<typeof failing>[1][]) {
  const attempts = failures.map((failure, index) => makeAttempt([failing('t x', failure)], { attempt: index + 1 }));
  return settleRed('t x', attempts, undefined, '');
}

it('one assertion with other figures is the same red, only fair', () => {
  const counted = (before: number) => ({
    location: LEAK,
    message: `leaked: before=${before} after=${before + 1}\nstack`,
  });
  expect(settle(counted(7), counted(28))).toMatchObject({
    code: 'red/assertion',
    strength: 'fair',
    detail: 'leaked: before=7 after=8 (its figures differ between attempts)',
  });
});

it('one assertion that prints a map in another order is the same red, only fair', () => {
  const printed = (allowed: string) => ({ location: LEAK, message: `wants 2, received [${allowed}]` });
  expect(settle(printed('GET HEAD GET'), printed('HEAD GET GET'), printed('GET HEAD GET'))).toMatchObject({
    code: 'red/assertion',
    strength: 'fair',
    detail: 'wants 2, received [GET HEAD GET] (the order of its words differs between attempts)',
  });
  expect(settle(printed('GET HEAD GET'), printed('HEAD HEAD GET'))).toMatchObject({ code: 'unstable' });
});

it.each([
  ['at another line', { location: { ...LEAK, line: 62 }, message: 'leaked: 8' }],
  ['in other words', { location: LEAK, message: 'lost: 8' }],
  ['of another type', { location: LEAK, message: 'leaked: 8', type: 'Other' }],
  ['at no known place', { message: 'leaked: 8' }],
])('a failure %s is another red', (_, second) => {
  expect(settle({ location: LEAK, message: 'leaked: 7' }, second)).toMatchObject({ code: 'unstable' });
});

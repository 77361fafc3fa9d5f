import { expect, it } from 'vitest';
import { createCleanupStack } from '../../../src/engine/cleanup-stack.ts';

const nothing = (): Promise<void> => Promise.resolve();
const never = new Promise<void>(() => undefined);

it('undoes last in, first out, one after the other', async () => {
  const stack = createCleanupStack();
  const log: string[] = [];
  for (const what of ['a', 'b', 'c']) {
    stack.push(what, async () => {
      log.push(`${what} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${what} ends`);
    });
  }
  expect(await stack.unwind()).toEqual({ done: ['c', 'b', 'a'], failed: [] });
  expect(log).toEqual(['c begins', 'c ends', 'b begins', 'b ends', 'a begins', 'a ends']);
});

it('collects failures and goes on', async () => {
  const stack = createCleanupStack();
  stack.push('first', nothing);
  stack.push('rejects', () => Promise.reject(new Error('still mounted')));
  stack.push('throws', () => {
    throw new Error('gone');
  });
  stack.push('throws no error', () => Promise.reject('text'));
  expect(await stack.unwind()).toEqual({
    done: ['first'],
    failed: ['throws no error: text', 'throws: gone', 'rejects: still mounted'],
  });
});

it('gives every step a deadline of its own', async () => {
  const stack = createCleanupStack(20);
  let late: (() => void) | undefined;
  stack.push('after', nothing);
  stack.push(
    'hangs',
    () =>
      new Promise<void>((resolve) => {
        late = resolve;
      }),
  );
  stack.push('hangs too', () => never);
  expect(await stack.unwind()).toEqual({
    done: ['after'],
    failed: ['hangs too: not done within 0.02 s', 'hangs: not done within 0.02 s'],
  });
  late?.();
});

it('undoes everything once; what is pushed meanwhile is undone as well', async () => {
  const stack = createCleanupStack();
  let count = 0;
  stack.push('a', async () => {
    count += 1;
    stack.push('pushed meanwhile', nothing);
  });
  expect(await stack.unwind()).toEqual({ done: ['a', 'pushed meanwhile'], failed: [] });
  expect(await stack.unwind()).toEqual({ done: [], failed: [] });
  expect(count).toBe(1);
  stack.push('b', nothing);
  expect(await stack.unwind()).toEqual({ done: ['b'], failed: [] });
});

it('a second caller neither undoes beside the first nor returns before it', async () => {
  const stack = createCleanupStack();
  const log: string[] = [];
  stack.push('a', async () => {
    log.push('a');
  });
  stack.push('b', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    log.push('b');
  });
  const [first, second] = await Promise.all([
    stack.unwind(),
    stack.unwind().then((result) => {
      log.push('second returned');
      return result;
    }),
  ]);
  expect(log).toEqual(['b', 'a', 'second returned']);
  expect(first).toEqual({ done: ['b', 'a'], failed: [] });
  expect(second).toEqual({ done: [], failed: [] });
});

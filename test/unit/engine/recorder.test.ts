import { describe, expect, it } from 'vitest';
import type { EventBody, RecordedEvent } from '../../../src/domain/event.ts';
import { createRecorder, type Observer } from '../../../src/engine/recorder.ts';
import type { EvidenceStore } from '../../../src/evidence/store.ts';

/** A store that only remembers what it was asked to record; the recorder uses nothing else of it. */
function memory(): { store: EvidenceStore; bodies: EventBody[] } {
  const bodies: EventBody[] = [];
  const record = (body: EventBody): RecordedEvent => ({ seq: bodies.push(body), atMs: 0, hash: '' as never, body });
  return { store: { record } as unknown as EvidenceStore, bodies };
}

const event = (seq: number): RecordedEvent => ({
  seq,
  atMs: 0,
  hash: '' as never,
  body: { type: 'store-created', v: 1, recorder: 'r', tool: 't' },
});

describe('recorder', () => {
  it('tells every observer of every event and of progress, in order', () => {
    const log: string[] = [];
    const observer = (name: string): Observer => ({
      name,
      onEvent: ({ seq }) => log.push(`${name} ${seq}`),
      onProgress: ({ type }) => log.push(`${name} ${type}`),
    });
    const { store, bodies } = memory();
    const recorder = createRecorder(store, [
      observer('a'),
      observer('b'),
      { name: 'silent', onEvent: () => undefined },
    ]);
    recorder.tell(event(1));
    recorder.progress({ type: 'cases', finished: 3 });
    recorder.tell(event(2));
    expect(log).toEqual(['a 1', 'b 1', 'a cases', 'b cases', 'a 2', 'b 2']);
    expect(recorder.failedObservers).toEqual([]);
    expect(bodies).toEqual([]);
    expect(recorder.store).toBe(store);
  });

  it('isolates an observer that throws: recorded once, remembered, not told again; the others are', () => {
    const log: number[] = [];
    let told = 0;
    const { store, bodies } = memory();
    const recorder = createRecorder(store, [
      {
        name: 'broken',
        onEvent: () => {
          told += 1;
          throw new Error('terminal is gone');
        },
      },
      { name: 'fine', onEvent: ({ seq }) => log.push(seq) },
    ]);
    recorder.tell(event(1));
    recorder.tell(event(2));
    recorder.progress({ type: 'waiting', what: 'x' });
    expect(log).toEqual([1, 2]);
    expect(told).toBe(1);
    expect(bodies).toEqual([{ type: 'observer-failed', v: 1, observer: 'broken', message: 'terminal is gone' }]);
    expect(recorder.failedObservers).toEqual(['broken']);
  });

  it('isolates one that throws at progress, or throws no error', () => {
    const { store, bodies } = memory();
    const recorder = createRecorder(store, [
      {
        name: 'p',
        onEvent: () => undefined,
        onProgress: () => {
          // biome-ignore lint/style/useThrowOnlyError: somebody else's observer may throw anything
          throw 'text';
        },
      },
    ]);
    recorder.progress({ type: 'cases', finished: 1 });
    recorder.progress({ type: 'cases', finished: 2 });
    expect(bodies).toEqual([{ type: 'observer-failed', v: 1, observer: 'p', message: 'text' }]);
    expect(recorder.failedObservers).toEqual(['p']);
  });
});

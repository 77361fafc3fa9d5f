import type { EventType, RecordedEvent } from '../domain/event.ts';
import type { SuiteName } from '../domain/vocabulary.ts';
import type { EvidenceStore } from '../evidence/store.ts';

/** What is told to observers and never recorded: it is gone when the next one comes. */
export type Progress =
  | { readonly type: 'waiting'; readonly what: string }
  | {
      readonly type: 'attempt-started';
      readonly suite: SuiteName;
      readonly attempt: number;
      readonly of: number;
      readonly order: string;
    }
  | { readonly type: 'cases'; readonly finished: number };

/** Somebody who is told after the fact was committed. */
export interface Observer {
  readonly name: string;
  onEvent(event: RecordedEvent): void;
  onProgress?(progress: Progress): void;
}

/** Records first, tells afterwards. An observer that throws is isolated, recorded once, and remembered. */
export interface Recorder {
  readonly store: EvidenceStore;
  /** Tells observers of an event that the store has just committed. */
  tell<T extends EventType>(event: RecordedEvent<T>): void;
  progress(progress: Progress): void;
  /** Names of observers that threw; the exit code must not be 0 then. */
  readonly failedObservers: readonly string[];
}

export function createRecorder(store: EvidenceStore, observers: readonly Observer[]): Recorder {
  const failed = new Map<string, true>();
  const isolate = (observer: Observer, tell: () => void): void => {
    if (failed.has(observer.name)) return;
    try {
      tell();
    } catch (error) {
      failed.set(observer.name, true);
      const message = error instanceof Error ? error.message : String(error);
      store.record<'observer-failed'>({ type: 'observer-failed', v: 1, observer: observer.name, message });
    }
  };
  return {
    store,
    tell: (event) => {
      // Every recorded event is one of the union; the compiler does not see that through the type parameter.
      for (const observer of observers) isolate(observer, () => observer.onEvent(event as unknown as RecordedEvent));
    },
    progress: (progress) => {
      for (const observer of observers) isolate(observer, () => observer.onProgress?.(progress));
    },
    get failedObservers() {
      return [...failed.keys()];
    },
  };
}

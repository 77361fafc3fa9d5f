import type { EventOf, RecordedEvent } from '../domain/event.ts';
import type { ImportedEvent } from '../ui/imported-text.ts';

/** What was imported, in the order in which it was. */
export function importsIn(events: Iterable<RecordedEvent>): ImportedEvent[] {
  const found: ImportedEvent[] = [];
  for (const { atMs, body } of events)
    if (body.type === 'report-imported') found.push({ atMs, body: body as EventOf<'report-imported'> });
  return found;
}

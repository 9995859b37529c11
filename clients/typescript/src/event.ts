import type { Event as AnyEvent, EventType } from './openapi.js';

export type { EventType } from './openapi.js';

/** An entry of the ledger. Its `type` says what happened, and which fields are null. */
export type Event = { [Type in EventType]: EventOf<Type> }[EventType];

/** The entry with this type. */
export type EventOf<Type extends EventType> = AnyEvent extends infer Each
  ? Each extends { type: EventType }
    ? Type extends Each['type']
      ? Omit<Each, 'type'> & { type: Type }
      : never
    : never
  : never;

export interface EventFilters {
  /** Only events of these types. */
  readonly types?: readonly EventType[];
  /** Only events of this inbox. */
  readonly inboxId?: string;
  /** Ends the loop, without an error. */
  readonly signal?: AbortSignal;
}

/** The value of `after` for a feed or a stream that begins now. */
export const LATEST = 'latest';

export function queryOf({ types, inboxId }: EventFilters): { type?: string; inboxId?: string } {
  return {
    ...(types === undefined ? {} : { type: types.join(',') }),
    ...(inboxId === undefined ? {} : { inboxId }),
  };
}

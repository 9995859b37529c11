import type { Event, EventType } from './openapi.js';

export type { Event, EventType } from './openapi.js';

/** The entry of the ledger with this type. */
export type EventOf<Type extends EventType> = Event & { type: Type };

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

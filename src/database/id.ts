import { v7 } from 'uuid';

/** A new UUIDv7: ids made later by one process sort later. */
export function newId(): string {
  return v7();
}

/** Below every id: where a list that is ordered by id begins. */
export const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

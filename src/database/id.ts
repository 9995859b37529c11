import { v7 } from 'uuid';

/** A new UUIDv7: ids made later by one process sort later. */
export function newId(): string {
  return v7();
}

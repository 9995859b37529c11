/** For reads of a row that is changed next: who else changes it comes before or after. References to it don't wait. */
export const LOCK_ROW = { lock: { mode: 'for_no_key_update' } } as const;

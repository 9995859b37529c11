/** PostgreSQL can store neither a NUL character nor one half of a surrogate pair. */
export const STORABLE = /^[^\0\p{Surrogate}]*$/u;

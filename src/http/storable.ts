/** PostgreSQL can store neither a NUL character nor one half of a surrogate pair. */
export const STORABLE = /^[^\0\p{Surrogate}]*$/u;

/** Control characters, CR and LF among them, and what else ends a line: in a text of one line they are never meant. */
const BREAKS_LINE = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029';
/** Written so that readers of JSON Schema in other languages understand it, too. */
export const ONE_LINE = new RegExp(`^[^${BREAKS_LINE}]*$`);
/** The same, and something to be seen in it. */
export const ONE_LINE_NOT_BLANK = new RegExp(`^[^${BREAKS_LINE}]*[^\\s${BREAKS_LINE}][^${BREAKS_LINE}]*$`);
/** For taking them out. */
export const LINE_BREAKERS = new RegExp(`[${BREAKS_LINE}]+`, 'g');

/** PostgreSQL can store neither a NUL character nor one half of a surrogate pair. */
export const STORABLE = /^[^\0\p{Surrogate}]*$/u;

/** Control characters, CR and LF among them, and the other characters that end a line. */
const BREAKS_LINE = '\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029';
/** A text of one line. JSON Schema validators in other languages understand this pattern too. */
export const ONE_LINE = new RegExp(`^[^${BREAKS_LINE}]*$`);
/** A text of one line with at least one visible character. */
export const ONE_LINE_NOT_BLANK = new RegExp(`^[^${BREAKS_LINE}]*[^\\s${BREAKS_LINE}][^${BREAKS_LINE}]*$`);

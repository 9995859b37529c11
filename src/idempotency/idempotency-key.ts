export const MAX_KEY_LENGTH = 255;

/** What a header carries unchanged: visible ASCII, and blanks between. */
export const KEY = /^[!-~]([ -~]*[!-~])?$/;

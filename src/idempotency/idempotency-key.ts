export const MAX_KEY_LENGTH = 255;

/** The characters that a header carries unchanged: visible ASCII, with blanks only in between. */
export const KEY = /^[!-~]([ -~]*[!-~])?$/;

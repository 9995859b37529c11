import { createHash } from 'node:crypto';

export interface CleanText {
  /** undefined when nothing is left. */
  text: string | undefined;
  /** Whether something other than blanks at the ends was taken out. */
  isCleaned: boolean;
  isCut: boolean;
}

export const LONGEST_NAME = 255;
export const LONGEST_ID = 998;
export const LONGEST_ADDRESS = 512;
/** What a lead has where an e-mail address or a phone number was expected. */
const LONGEST_CONTACT = 255;
/** An entry of a B-tree has at most 2,704 bytes, of which ids of tenant and inbox take some. */
const LONGEST_ID_BYTES = 2_400;

/** Characters that end a line or stand for blanks. */
const LINE_BREAKS = /[\t-\r\u0085\u2028\u2029]+/g;
const INVISIBLE_CONTROLS = /[\p{Cc}\p{Bidi_Control}]+/gu;
const DIRECTIONS = /\p{Bidi_Control}/u;
const MANY_ACCENTS = /\p{M}{31}/u;
const HALF_PAIRS = /\p{Surrogate}/gu;
const SHOWS_NOTHING = /^[\p{Default_Ignorable_Code_Point}\s]*$/u;
const UNSTORABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u;
const ALL_UNSTORABLE = new RegExp(UNSTORABLE, 'gu');

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Most texts, for which nothing else needs to be known. */
const PRINTABLE_ASCII = /^[!-~](?:[ -~]{0,253}[!-~])?$/;

/** Whether cleanId returns the text as it is. Says false when that takes long to find out. */
export function isPlainId(text: string): boolean {
  return (
    PRINTABLE_ASCII.test(text) ||
    (text !== '' &&
      text.length <= LONGEST_NAME &&
      !UNSTORABLE.test(text) &&
      text.trim() === text &&
      text.normalize('NFC') === text)
  );
}

/** The same of cleanLine. */
export function isPlainLine(text: string): boolean {
  return (
    PRINTABLE_ASCII.test(text) || (isPlainId(text) && !DIRECTIONS.test(text) && !SHOWS_NOTHING.test(text))
  );
}

/**
 * A text of one line for people, such as the name of a customer: in the normal form NFC, without control and direction
 * characters, of at most 255 characters.
 */
export function cleanLine(written: string): CleanText {
  const composed = compose(written.trim());
  const line = composed
    .replace(LINE_BREAKS, ' ')
    .replace(INVISIBLE_CONTROLS, '')
    .replace(HALF_PAIRS, '\ufffd')
    .trim();
  if (SHOWS_NOTHING.test(line)) return { text: undefined, isCleaned: written !== '', isCut: false };
  const text = cutBetweenCharacters(line, LONGEST_NAME);
  return { text, isCleaned: line !== composed, isCut: text !== line };
}

/**
 * The normal form NFC. Sorting the accents of one letter takes time by the square of their number, so a letter with
 * more than the 30 of Unicode's stream-safe text stays as it is.
 */
function compose(text: string): string {
  return MANY_ACCENTS.test(text) ? text : text.normalize('NFC');
}

/** Cuts a text where a character as people see it ends. Lengths count code points. */
function cutBetweenCharacters(text: string, longest: number): string {
  if (text.length <= longest) return text;
  // More than `longest` characters, whatever they are.
  const start = text.slice(0, 2 * longest + 2);
  const points = [...start];
  if (points.length <= longest) return text;
  let length = 0;
  let end = 0;
  for (const { segment } of graphemes.segment(start)) {
    length += [...segment].length;
    if (length > longest) break;
    end += segment.length;
  }
  // One letter can have hundreds of accents.
  return (end === 0 ? points.slice(0, longest).join('') : start.slice(0, end)).trimEnd();
}

/**
 * An id or address of another system: in NFC, without blanks around it. A character that cannot be stored is replaced.
 * A text that is too long ends with its hash, so that two of them stay two.
 */
export function cleanId(written: string, longest: number = LONGEST_ID): CleanText {
  const composed = compose(written.trim());
  const storable = composed.replace(ALL_UNSTORABLE, '\ufffd');
  if (storable === '') return { text: undefined, isCleaned: false, isCut: false };
  const isCleaned = storable !== composed;
  if (fits(storable, longest)) return { text: storable, isCleaned, isCut: false };
  const hash = createHash('sha256').update(composed).digest('hex');
  return { text: `${beginning(storable, longest - 65)}~${hash}`, isCleaned, isCut: true };
}

function fits(text: string, longest: number): boolean {
  // A UTF-16 unit has at most three bytes in UTF-8.
  if (text.length <= longest && text.length * 3 <= LONGEST_ID_BYTES) return true;
  return [...text].length <= longest && Buffer.byteLength(text) <= LONGEST_ID_BYTES;
}

function beginning(text: string, length: number): string {
  const points = [...text].slice(0, length);
  let bytes = Buffer.byteLength(points.join(''));
  while (bytes > LONGEST_ID_BYTES - 65) bytes -= Buffer.byteLength(points.pop() ?? '');
  return points.join('');
}

/**
 * What a customer wrote into a field of a lead. It is kept as it is, or not at all: a line break could begin another
 * header of a mail.
 * @returns null when it has control characters
 */
export function storableText(written: string): CleanText | null {
  const text = written.trim();
  if (UNSTORABLE.test(text)) return null;
  const composed = compose(text);
  const cut = cutBetweenCharacters(composed, LONGEST_CONTACT);
  return { text: cut === '' ? undefined : cut, isCleaned: false, isCut: cut !== composed };
}

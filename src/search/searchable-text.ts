import { matchKey } from '../customers/match-key.js';
import { unwrapNumber } from '../customers/written-number.js';

/** What people search a conversation by. */
export interface Searchable {
  customerPhoneNumber: string | null;
  phoneKey: string | null;
  displayName: string | null;
  customerAddress: string | null;
  externalConversationId: string;
}

/** The fewest characters of a part. Shorter ones would match nearly everything. */
export const SHORTEST_PART = 3;

/**
 * The fewest digits behind a leading 0 for a number in national form. Who looks for the last four digits 0123 does not
 * want the fifty times as many numbers that have 123 anywhere.
 */
const SHORTEST_NATIONAL = 4;

/** Digits and what people write between them. */
const NUMBER_LIKE = /^[\d\s+()[\]./\-\u2010-\u2015\u2212]+$/;

/** The form in which texts are compared: in lower case, in the normal form NFKC, with one blank where there are many. */
export function folded(text: string): string {
  const lower = text.normalize('NFKC').toLowerCase();
  // The lower case of Σ depends on whether a word ends there, and a part may end anywhere.
  return lower.replaceAll('ς', 'σ').replace(/\s+/gu, ' ').trim();
}

/**
 * All that a conversation is found by, a line for each: no part goes across two of them. Lines that others contain are
 * left out; gateways often use the number as the id of the thread.
 */
export function searchableText(conversation: Searchable): string {
  const { customerPhoneNumber, phoneKey, displayName, customerAddress, externalConversationId } =
    conversation;
  const lines = [
    digitsOf(customerPhoneNumber ?? ''),
    digitsOf(phoneKey ?? ''),
    ...[displayName, customerAddress, externalConversationId].map((text) => folded(text ?? '')),
  ];
  return lines
    .filter(
      (line, i) => !lines.some((other, j) => j !== i && other.includes(line) && (other !== line || j < i)),
    )
    .join('\n');
}

/** `+4930901820;ext=12` becomes `4930901820 12`. */
function digitsOf(number: string): string {
  return number.replace(';ext=', ' ').replace('+', '');
}

/**
 * What the text of a conversation must contain, one of these, to be found by a part that people write. A part of a
 * number can have blanks and brackets, and what is dialled in front of it: `(0151) 234` finds `+49151234…`.
 */
export function soughtParts(written: string): string[] {
  const part = folded(written);
  const number = unwrapNumber(written)?.text ?? '';
  const digits = NUMBER_LIKE.test(number) ? number.replace(/\D/g, '') : '';
  const parts = [part, digits, otherForm(digits)].filter(
    (text, i) => i === 0 || text.length >= SHORTEST_PART,
  );
  return [...new Set(parts)];
}

/** What has the same meaning as these digits in the text of a conversation; nothing where that is too little. */
function otherForm(digits: string): string {
  // A whole number has a key by which all its forms are found.
  if (!digits.startsWith('0')) return matchKey(`+${digits}`).slice(1);
  // It may be in the national form.
  const significant = digits.replace(/^0+/, '');
  return significant.length >= SHORTEST_NATIONAL ? significant : '';
}

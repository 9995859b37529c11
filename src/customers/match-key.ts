import { isAddress } from '../http/fields.js';

/**
 * The forms that one person's number has had, each with the form that all of them share. The migration has the same
 * list for the numbers that were there before.
 */
const VARIANTS: readonly (readonly [former: RegExp, key: string])[] = [
  // Mexico: mobile numbers had a 1 in front until 2019, and gateways still send it.
  [/^\+521([0-9]{10})$/, '+52$1'],
  // Argentina: mobile numbers have a 9 in front when called from abroad.
  [/^\+549([0-9]{10})$/, '+54$1'],
  // Brazil: mobile numbers got a ninth digit.
  [/^\+55([0-9]{2})([6-9][0-9]{7})$/, '+55$19$2'],
  // Benin: every number got 01 in front in 2024.
  [/^\+229([0-9]{8})$/, '+22901$1'],
  // Côte d'Ivoire: every number got two digits in front in 2021, by kind and network.
  [/^\+225([2-3][0-9]8[0-9]{5})$/, '+22521$1'],
  [/^\+225([2-3][0-9]0[0-9]{5})$/, '+22525$1'],
  [/^\+225([2-3][0-9]{7})$/, '+22527$1'],
  [/^\+225([0-9][0-3][0-9]{6})$/, '+22501$1'],
  [/^\+225([0-9][4-6][0-9]{6})$/, '+22505$1'],
  [/^\+225([0-9][7-9][0-9]{6})$/, '+22507$1'],
];

const HAS_VARIANTS = /^\+(?:52|54|55|229|225)/;

/** What readNumber returns, among other texts of people. */
const NUMBER = /^(?:\+[1-9][0-9]{6,14}(?:;ext=[0-9]{1,20})?|[0-9]{3,8})$/;

/** The key of what a lead has as their number; undefined when the text is no number. */
export function matchKeyOfText(text: string): string | undefined {
  return NUMBER.test(text) ? matchKey(text) : undefined;
}

/**
 * The text by which numbers are compared: search and the joining of leads find a person by any form of their number.
 * @param number as readNumber returns it
 */
export function matchKey(number: string): string {
  if (!HAS_VARIANTS.test(number)) return number;
  const [base = '', ...extension] = number.split(';');
  for (const [former, key] of VARIANTS) {
    if (former.test(base)) return [base.replace(former, key), ...extension].join(';');
  }
  return number;
}

/** The text by which addresses of customers are compared. Only that of an e-mail has no case; the others are opaque. */
export function addressKey(address: string): string {
  return emailKey(address) ?? address;
}

/** The same of an e-mail address; undefined when the text is none, such as `n/a`. */
export function emailKey(text: string): string | undefined {
  return isAddress(text) ? text.toLowerCase() : undefined;
}

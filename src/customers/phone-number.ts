import { parsePhoneNumberFromString, type CountryCode, type PhoneNumber } from 'libphonenumber-js/min';
import { matchKey } from './match-key.js';
import { unwrapNumber } from './written-number.js';

/** Where a number without its country code belongs. */
export interface Home {
  /** undefined where several countries share the code and the number does not say which. */
  country: CountryCode | undefined;
  callingCode: string;
}

export interface ReadNumber {
  /** E.164, with its extension as in `+4930901820;ext=12`, or a short code; null when the text is no number. */
  number: string | null;
  /** Whether the text may be a number in national form, so that the country of the inbox decides. */
  isNational: boolean;
}

const SHORT_CODE = /^[0-9]{3,8}$/;
/** Kept although the metadata does not know it: numbering plans change more often than packages. */
const PLAUSIBLE = /^\+[1-9][0-9]{6,14}$/;
/** What people put between digits. */
const PUNCTUATION = /[\s().,\-\u2010-\u2015\u2212\u30fc/[\]\u00b7\u2022~_]+/g;
const PLAIN = /^\+[1-9][0-9 ().-]{5,40}$/;
const INTERNATIONAL_PREFIX = /^[\s(]*\+?[\s(]*00(?=[\s().-]*[1-9])/;

/**
 * Reads a phone number as customers, gateways and channels write it. What begins with a plus is international. So are
 * digits that make a valid number with a plus, unless people at home write a number so.
 * @param home the country of the inbox, for numbers in national form
 */
export function readNumber(text: string, home: Home | null = null): ReadNumber {
  const unwrapped = unwrapNumber(text);
  if (unwrapped === null) return { number: null, isNational: false };
  const { extension } = unwrapped;
  const written = unwrapped.text.replace(INTERNATIONAL_PREFIX, '+');
  const compact = written.replace(PUNCTUATION, '');
  if (compact.startsWith('+')) {
    const parsed = parse(written);
    const isKept = parsed !== undefined && (parsed.isPossible() || PLAUSIBLE.test(parsed.number));
    const number = isKept ? e164(parsed, extension) : withExtension(compact, extension);
    return { number: isKept || PLAUSIBLE.test(compact) ? number : null, isNational: false };
  }
  return readWithoutPlus(written, compact, extension, home);
}

function readWithoutPlus(
  written: string,
  compact: string,
  extension: string | null,
  home: Home | null,
): ReadNumber {
  const global = globalNumber(compact);
  const isGlobal = global !== undefined && (global.isValid() || isVariant(global.number));
  // Numbers at home have fewer digits than gateways send, except in China.
  const isCertain = isGlobal && written === compact && /^(?:[2-9][0-9]{10,}|1[0-9]{11,})$/.test(compact);
  const isNational = /^[0-9]{7}[^@]*$/.test(compact) && !isCertain;
  const local = isNational && home !== null ? parse(written, home) : undefined;
  const found = (number: PhoneNumber | undefined): ReadNumber => ({
    number: number === undefined ? null : e164(number, extension),
    isNational,
  });
  if (local !== undefined && isWrittenAtHome(compact, local)) return found(local);
  if (SHORT_CODE.test(written) && extension === null) return { number: written, isNational };
  return found(isGlobal ? global : [local, global].find((number) => number?.isPossible()));
}

/** Digits that would be a number with a plus. */
function globalNumber(compact: string): PhoneNumber | undefined {
  return /^[1-9][0-9]{8,14}$/.test(compact) ? parse(`+${compact}`) : undefined;
}

/** What readNumber returns for a text that is obviously a number with its country code, else undefined. */
export function plainNumber(text: string): string | undefined {
  const number = PLAIN.test(text) ? parse(text) : undefined;
  return number?.isPossible() === true ? number.number : undefined;
}

/** The number, or null when the text is none. */
export function phoneNumber(text: string): string | null {
  return readNumber(text).number;
}

/** The country of an inbox by its number. A short code has none. */
export function homeOf(inboxNumber: string): Home | null {
  const number = parse(inboxNumber);
  return number === undefined ? null : { country: number.country, callingCode: number.countryCallingCode };
}

/** Whether people at home write the number with just these digits, such as `201-555-0123` in the USA. */
function isWrittenAtHome(compact: string, number: PhoneNumber): boolean {
  const atHome = number.formatNational();
  // Where the metadata has no format, it writes digits only, without the prefix that people dial.
  const isFormatted = atHome !== compact || compact.length <= 8;
  return isFormatted && number.isValid() && atHome.replace(/[^0-9]/g, '') === compact;
}

/** Whether it is a former form of a number, which the metadata does not know any more. */
function isVariant(number: string): boolean {
  const key = matchKey(number);
  return key !== number && parse(key)?.isPossible() === true;
}

function parse(text: string, home?: Home): PhoneNumber | undefined {
  const { country, callingCode } = home ?? {};
  return parsePhoneNumberFromString(text, {
    extract: false,
    ...(country !== undefined
      ? { defaultCountry: country }
      : callingCode !== undefined
        ? { defaultCallingCode: callingCode }
        : {}),
  });
}

function e164({ number, ext }: PhoneNumber, extension: string | null): string {
  return withExtension(number, extension ?? ext ?? null);
}

function withExtension(number: string, extension: string | null): string {
  return extension === null ? number : `${number};ext=${extension}`;
}

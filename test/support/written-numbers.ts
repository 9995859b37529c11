import { getCountryCallingCode, type CountryCode } from 'libphonenumber-js/min';
import examples from 'libphonenumber-js/mobile/examples';

/** A number of each country that libphonenumber knows. */
export const NUMBERS = Object.entries(examples as Record<string, string>).map(
  ([country, national]) => `+${getCountryCallingCode(country as CountryCode)}${national}`,
);

const shifted = (text: string) =>
  text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
const inArabicDigits = (text: string) =>
  text.replace(/[0-9]/g, (digit) => String.fromCharCode(0x660 + Number(digit)));

/** As people, gateways and channels write an international number. */
export const WRAPPINGS: Record<string, (number: string) => string> = {
  'as it is': (number) => number,
  'with blanks around it': (number) => ` ${number}\t`,
  'in groups': (number) => number.replace(/(\d{3})(?=\d)/g, '$1 '),
  'with dashes': (number) => number.replace(/(\d{3})(?=\d)/g, '$1-'),
  'with dots': (number) => number.replace(/(\d{3})(?=\d)/g, '$1.'),
  'with no-break blanks': (number) => number.replace(/(\d{3})(?=\d)/g, '$1\u00a0'),
  'with brackets': (number) => number.replace(/^(\+\d{3})(\d+)$/, '$1 ($2)'),
  'with direction marks': (number) => `\u202a${number}\u202c`,
  'with invisible blanks': (number) => `\ufeff${number.replace(/(\d{3})/g, '$1\u200b')}`,
  'in wide digits': shifted,
  'in Arabic digits': inArabicDigits,
  'with 00': (number) => `00${number.slice(1)}`,
  'with 00 and blanks': (number) => `00 ${number.slice(1, 4)} ${number.slice(4)}`,
  'as tel:': (number) => `tel:${number}`,
  'as TEL:': (number) => `TEL:${number}`,
  'as sms:': (number) => `sms:${number}`,
  'as sms: with a text': (number) => `sms:${number}?body=Hello%20World`,
  'as whatsapp:': (number) => `whatsapp:${number}`,
  'as whatsapp: without a plus': (number) => `whatsapp:${number.slice(1)}`,
  'as sip:': (number) => `sip:${number}@gateway.example`,
  'as sip: with parameters': (number) => `sip:${number}@gateway.example:5060;user=phone`,
  'as a JID': (number) => `${number.slice(1)}@c.us`,
  'as a JID of a device': (number) => `${number.slice(1)}:12@s.whatsapp.net`,
};

import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { matchKey } from '../src/customers/match-key.js';
import { homeOf, phoneNumber, plainNumber, readNumber } from '../src/customers/phone-number.js';
import { NUMBERS, WRAPPINGS } from './support/written-numbers.js';

describe('an international number', () => {
  it('is of one of 245 countries', () => {
    expect(NUMBERS).toHaveLength(245);
  });

  it.each(Object.entries(WRAPPINGS))('is understood %s', (_what, wrap) => {
    expect(NUMBERS.map((number) => phoneNumber(wrap(number)))).toEqual(NUMBERS);
    for (const number of NUMBERS) expect(readNumber(wrap(number)).isNational).toBe(false);
  });

  it('is understood without a plus, wherever the inbox is', () => {
    // What is left has no more than eight digits with its country code, which is a short code.
    const long = NUMBERS.filter((number) => number.length > 9);
    expect(long.length).toBe(239);
    expect(long.map((number) => phoneNumber(number.slice(1)))).toEqual(long);
    const home = homeOf('+4930901820');
    expect(long.map((number) => readNumber(number.slice(1), home).number)).toEqual(long);
  });

  it('keeps its extension', () => {
    const written = (number: string) => [
      `tel:${number};ext=12`,
      `${number};ext=12`,
      `${number} ext. 12`,
      `${number} x12`,
      `${number}#12`,
    ];
    for (const number of NUMBERS)
      for (const text of written(number)) expect(phoneNumber(text)).toBe(`${number};ext=12`);
  });

  it('is plain only when it is read as the same', () => {
    for (const number of NUMBERS) {
      expect(plainNumber(number)).toBe(number);
      for (const wrap of Object.values(WRAPPINGS))
        expect([undefined, number]).toContain(plainNumber(wrap(number)));
    }
  });
});

describe('a national number', () => {
  const national = NUMBERS.map((number) => parsePhoneNumberFromString(number)!);
  /** Less digits are a short code. */
  const long = national.filter(({ nationalNumber }) => nationalNumber.length > 6);

  it('is understood with the country of the inbox', () => {
    expect(long.length).toBe(231);
    for (const number of long)
      expect(readNumber(number.formatNational(), homeOf(number.number)).number).toBe(number.number);
  });

  it('is one that asks for the country', () => {
    for (const number of long) expect(readNumber(number.formatNational()).isNational).toBe(true);
  });

  it.each([
    ['0151 12345678', '+4930901820', '+4915112345678'],
    ['(0151) 1234-5678', '+4930901820', '+4915112345678'],
    ['030 901820 ext. 12', '+4930901820', '+4930901820;ext=12'],
    ['(415) 555-2671', '+14155550100', '+14155552671'],
    ['4155552671', '+14155550100', '+14155552671'],
    ['2015550123', '+14155550100', '+12015550123'],
    ['011 49 151 12345678', '+14155550100', '+4915112345678'],
    ['13812345678', '+861012345678', '+8613812345678'],
    ['8123 4567', '+6561234567', '+6581234567'],
    ['11 91234-5678', '+551130000000', '+5511912345678'],
  ])('%s in the inbox %s is %s', (text, inbox, number) => {
    expect(readNumber(text, homeOf(inbox)).number).toBe(number);
  });

  it('has no country in an inbox with a short code', () => {
    expect(homeOf('12345')).toBeNull();
    expect(readNumber('0151 12345678').number).toBeNull();
  });
});

describe('a short code', () => {
  /** Of 3 to 8 digits, 90 of them. */
  const CODES = Array.from({ length: 90 }, (_, i) =>
    '12345678'.slice(0, 3 + (i % 6)).replace(/^./, String((i % 9) + 1)),
  );

  it('is kept as it is', () => {
    const home = homeOf('+4930901820');
    for (const code of CODES) {
      expect(phoneNumber(code)).toBe(code);
      expect(readNumber(` ${code} `, home).number).toBe(code);
    }
  });
});

describe('a number that the metadata does not know', () => {
  it.each([
    '+1234567890',
    '+5215512345678',
    '+22997123456',
    '+22507123456',
    '+999123456789',
    '+1555123',
    '+123456789012345',
  ])('%s is kept', (number) => {
    expect(phoneNumber(number)).toBe(number);
    expect(phoneNumber(`tel:${number};ext=7`)).toBe(`${number};ext=7`);
  });
});

describe('a text', () => {
  it.each([
    '',
    ' ',
    '+',
    '+49',
    '12',
    'phone',
    '+49 phone',
    '+4915112345678 or 1=1',
    'call +4915112345678 please',
    '+4915112345678; +4915112345679',
    '++4915112345678',
    '+49-',
    '😀',
    '+1 555',
    '+49151123456789012345',
    '1'.repeat(400),
    'carla@customer.example',
    'sip:carla@customer.example',
    'sip:100@pbx.example',
    '120363041234567890@g.us',
    '123456789012345@lid',
    'visitor-81f3',
    '+1 800 FLOWERS',
    '*123#',
    '1.00',
    '555-1234',
  ])('%j is no number', (text) => {
    expect(phoneNumber(text)).toBeNull();
    expect(plainNumber(text)).toBeUndefined();
  });
});

describe('the match key', () => {
  it.each([
    ['Mexico', '+525512345678', '+5215512345678'],
    ['Argentina', '+541112345678', '+5491112345678'],
    ['Brazil', '+5511987654321', '+551187654321'],
    ['Benin', '+2290197123456', '+22997123456'],
    ["Côte d'Ivoire, Orange", '+2250707123456', '+22507123456'],
    ["Côte d'Ivoire, MTN", '+2250505123456', '+22505123456'],
    ["Côte d'Ivoire, Moov", '+2250101123456', '+22501123456'],
    ["Côte d'Ivoire, at home", '+2252722471234', '+22522471234'],
  ])('of %s is the same for both forms', (_country, one, other) => {
    expect(matchKey(one)).toBe(matchKey(other));
    expect(matchKey(`${one};ext=1`)).toBe(matchKey(`${other};ext=1`));
  });

  it('tells apart who is not the same', () => {
    const different = [
      ['+525512345678', '+525512345679'],
      // A number at home and a mobile one.
      ['+551121234567', '+5511921234567'],
      ['+2250707123456', '+2250507123456'],
      ['+4930901820', '+4930901820;ext=12'],
      ['12345', '+12345678'],
    ];
    for (const [one, other] of different) expect(matchKey(one!)).not.toBe(matchKey(other!));
  });

  it('is the number itself in other countries, and the key of the key', () => {
    const others = NUMBERS.filter((number) => !/^\+(52|54|55|229|225)/.test(number));
    expect(others.map(matchKey)).toEqual(others);
    for (const number of NUMBERS) expect(matchKey(matchKey(number))).toBe(matchKey(number));
  });
});

import fc from 'fast-check';
import { readMoment } from '../src/customers/moment.js';
import {
  cleanId,
  cleanLine,
  isPlainId,
  isPlainLine,
  LONGEST_ADDRESS,
  storableText,
} from '../src/customers/texts.js';
import { SEED, TIMES } from './support/chance.js';
import { NAUGHTY_TEXTS } from './support/naughty-texts.js';

const points = (text: string) => [...text].length;
const texts = fc.oneof(fc.constantFrom(...NAUGHTY_TEXTS), fc.string({ unit: 'binary', maxLength: 600 }));

describe('a line', () => {
  it.each([
    ['Carla', 'Carla', false, false],
    [' Carla\u00a0', 'Carla', false, false],
    ['Zoe\u0308', 'Zoë', false, false],
    ['\u202eCarla', 'Carla', true, false],
    ['Car\u0000la', 'Carla', true, false],
    ['Carla\r\nCustomer', 'Carla Customer', true, false],
    ['Carla\u2028Customer', 'Carla Customer', true, false],
    ['\ud83d', '\ufffd', true, false],
    ['   ', undefined, true, false],
    ['\u0001\u200e', undefined, true, false],
    ['\u200b\ufeff', undefined, true, false],
    ['x'.repeat(256), 'x'.repeat(255), false, true],
    ['😀'.repeat(255), '😀'.repeat(255), false, false],
    ['😀'.repeat(256), '😀'.repeat(255), false, true],
    // A family has seven code points, a flag two.
    ['👩‍👩‍👧‍👦'.repeat(40), '👩‍👩‍👧‍👦'.repeat(36), false, true],
    [`x${'🇩🇪'.repeat(200)}`, `x${'🇩🇪'.repeat(127)}`, false, true],
  ])('%j is cleaned', (written, text, isCleaned, isCut) => {
    const cleaned = cleanLine(written);
    expect({ isCleaned: cleaned.isCleaned, isCut: cleaned.isCut }).toEqual({ isCleaned, isCut });
    expect(cleaned.text).toBe(text);
  });

  it('is cut within a letter that has hundreds of accents', () => {
    const { text, isCut } = cleanLine(`x${'\u0301'.repeat(400)}`);
    expect([isCut, points(text!)]).toEqual([true, 255]);
  });

  it('and an id take no longer for a letter with a million accents', () => {
    const started = performance.now();
    const text = `x${'\u0301\u0323'.repeat(500_000)}`;
    expect([points(cleanLine(text).text!), points(cleanId(text).text!)]).toEqual([255, 998]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('is of one line, composed, short, and visible, whatever was written', () => {
    fc.assert(
      fc.property(texts, (written) => {
        const { text, isCut, isCleaned } = cleanLine(written);
        if (text === undefined) return;
        expect(points(text)).toBeLessThanOrEqual(255);
        expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Surrogate}\u2028\u2029]/u);
        expect(text).toBe(text.trim());
        expect(cleanLine(text)).toEqual({ text, isCleaned: false, isCut: false });
        if (!isCut && !isCleaned) expect(text).toBe(written.normalize('NFC').trim());
        if (isPlainLine(written)) expect([text, isCut, isCleaned]).toEqual([written, false, false]);
      }),
      { seed: SEED, numRuns: 2_000 * TIMES },
    );
  });
});

describe('an id', () => {
  it.each([
    ['thread-1', 'thread-1', false],
    [' thread-1\n', 'thread-1', false],
    ['Cafe\u0301', 'Café', false],
    ['\u202ethread', '\u202ethread', false],
    ['a\u0000b', 'a\ufffdb', true],
    ['   ', undefined, false],
    ['x'.repeat(998), 'x'.repeat(998), false],
  ])('%j is %j', (written, text, isCleaned) => {
    expect(cleanId(written)).toEqual({ text, isCleaned, isCut: false });
  });

  it('stays its own when it is too long', () => {
    const [one, other] = ['a', 'b'].map((end) => cleanId(`${'x'.repeat(5_000)}${end}`));
    expect([one!.isCut, points(one!.text!), one!.text!.slice(0, 900)]).toEqual([true, 998, 'x'.repeat(900)]);
    expect(one!.text).not.toBe(other!.text);
    expect(cleanId(`${'x'.repeat(5_000)}a`)).toEqual(one);
  });

  it('fits into an index, whatever was written', () => {
    const long = fc.string({ unit: 'binary', minLength: 500, maxLength: 1_200 });
    fc.assert(
      fc.property(fc.oneof(texts, long), (written) => {
        const { text, isCut, isCleaned } = cleanId(written);
        if (text === undefined) return;
        expect(points(text)).toBeLessThanOrEqual(998);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_400);
        expect(text).not.toMatch(/[\p{Cc}\p{Surrogate}]/u);
        if (isPlainId(written)) expect([text, isCut, isCleaned]).toEqual([written, false, false]);
        expect(points(cleanId(written, LONGEST_ADDRESS).text!)).toBeLessThanOrEqual(512);
      }),
      { seed: SEED, numRuns: 1_000 * TIMES },
    );
  });
});

describe('a text instead of an address', () => {
  it('is kept unless it has control characters', () => {
    expect(storableText(' n/a ')).toMatchObject({ text: 'n/a' });
    for (const text of ['a\r\nBcc: b', 'a\u0000', '\u0085b\u0085b', '\ud83d'])
      expect(storableText(text)).toBeNull();
    expect(points(storableText('x'.repeat(300))!.text!)).toBe(255);
  });
});

describe('a time', () => {
  it.each<[string | number, string]>([
    ['2026-01-01T10:00:00Z', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01t10:00:00z', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01 10:00:00Z', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01T10:00:00.123456789Z', '2026-01-01T10:00:00.123Z'],
    ['2026-01-01T10:00:00+05:30', '2026-01-01T04:30:00.000Z'],
    ['2026-01-01T10:00:00+0000', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01T10:00:00-0130', '2026-01-01T11:30:00.000Z'],
    ['2024-02-29T23:59:59-01:00', '2024-03-01T00:59:59.000Z'],
    ['2026-01-01T10:00:00', '2026-01-01T10:00:00.000Z'],
    ['2026-01-01T10:00Z', '2026-01-01T10:00:00.000Z'],
    ['2025-12-31T23:59:60Z', '2026-01-01T00:00:00.000Z'],
    ['1767225600', '2026-01-01T00:00:00.000Z'],
    ['1767225600123', '2026-01-01T00:00:00.123Z'],
    [' 1767225600 ', '2026-01-01T00:00:00.000Z'],
    [1767225600, '2026-01-01T00:00:00.000Z'],
    [1767225600.5, '2026-01-01T00:00:00.500Z'],
    [1767225600123, '2026-01-01T00:00:00.123Z'],
  ])('%j is %s', (value, at) => {
    expect(readMoment(value)).toEqual({ at });
  });

  it.each<string | number>([
    'now',
    'yesterday',
    ' ',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2025-02-29T10:00:00Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T10:60:00Z',
    '2026-01-01T00:00:00+99:99',
    '01/02/2026',
    '2026-W01',
    '0000-01-01T00:00:00Z',
    '1999-12-31T23:59:59Z',
    '-000001-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    'infinity',
    '2026-01-01T00:00:00Z'.repeat(100),
    0,
    -1,
    1,
    1e300,
    0.5,
  ])('%j is none', (value) => {
    expect(readMoment(value)).toBe('NOT_UNDERSTOOD');
  });

  it.each<string | number>(['9999-12-31T23:59:59Z', '2100-01-01T00:00:00Z', 5e9, 9_999_999_999_999])(
    '%j is in the future',
    (value) => {
      expect(readMoment(value)).toBe('IN_FUTURE');
    },
  );
});

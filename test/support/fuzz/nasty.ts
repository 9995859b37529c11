import { NAUGHTY_TEXTS } from '../naughty-texts.js';
import { COMMITTED } from '../openapi.js';

const deep = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);
/** Lists in lists, and objects in objects. */
const nested = (levels: number) => [deep(levels, '[', ']'), deep(levels, '{"a":', '}').replace(':}', ':1}')];
export const TOO_DEEP: readonly string[] = nested(3_000);
const long = (text: string, length: number) => text.repeat(length);

/** Values on both sides of each limit. */
const EDGES = [
  ...new Set(
    [...JSON.stringify(COMMITTED.components.schemas).matchAll(/"(?:minimum|maximum)":(\d+)/g)].map(([, n]) =>
      Number(n),
    ),
  ),
].flatMap((edge) => [edge - 1, edge, edge + 1]);
const LENGTHS = [
  ...new Set([...JSON.stringify(COMMITTED).matchAll(/"maxLength":(\d+)/g)].map(([, n]) => Number(n))),
].flatMap((length) => [length, length + 1]);

const TIMES: readonly string[] = [
  '2026-02-30T10:00:00Z',
  '2026-13-01T10:00:00Z',
  '2025-02-29T10:00:00Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59-14:00',
  '-000001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '2026-01-01T10:00:00',
  '2026-01-01T10:00Z',
  '2026-01-01T10:00:00.1234567891Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T23:59:60Z',
  '2026-01-01t10:00:00z',
  '2026-01-01 10:00:00Z',
  '2026-01-01T10:00:00+0530',
  '2026-01-01T10:00:00+24:00',
  '2026-01-01',
  '1767225600000',
  'infinity',
  'now',
];
const PHONES: readonly string[] = [
  '4915112345678@c.us',
  'whatsapp:+4915112345678',
  'sip:+4915112345678@gateway.example',
  '\u202a+4915112345678\u202c',
  '+5215512345678',
  '12345',
  '+4915112345678',
  '004915112345678',
  '0151 12345678',
  '+49',
  '+',
  '+999123456789',
  '+49151123456789012345',
  '+4915112345678 ext. 5',
  'tel:+4915112345678',
  '+4915112345678;ext=5',
  '＋４９１５１１２３４５６７８',
  '+٤٩١٥١١٢٣٤٥٦٧٨',
  '+1 800 FLOWERS',
];
const IDS: readonly string[] = [
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '019C8F00-0000-7000-8000-000000000011',
  '{019c8f00-0000-7000-8000-000000000011}',
  '019c8f0000007000800000000000001',
  '019c8f00-0000-7000-8000-00000000001g',
  '019c8f00-0000-7000-8000-000000000011\n',
  'urn:uuid:019c8f00-0000-7000-8000-000000000011',
  '019c8f00-0000-0000-0000-000000000011',
];
const ADDRESSES: readonly string[] = [
  'a@b',
  '\ud83d@b.example',
  'a@b.example',
  'ä@b.example',
  'a@ä.example',
  '"a b"@b.example',
  'a@[127.0.0.1]',
  'A <a@b.example>',
  'a@b.example\n',
  'a..b@b.example',
  `${'a'.repeat(65)}@b.example`,
  `a@${'b'.repeat(64)}.example`,
  `${'a'.repeat(64)}@${'b.'.repeat(95)}example`,
];
const CURSORS: readonly string[] = [
  'cursor',
  'bnVsbA',
  '%F0%9F%98%80',
  '=',
  'W10',
  long('A', 2_000),
  long('A', 2_001),
];

/** Texts with special meanings elsewhere. */
export const NASTY_TEXTS: readonly string[] = [
  ...NAUGHTY_TEXTS,
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud83d',
  'a\ude00b',
  '😀',
  '\ufe0f',
  'שלום \u202e עולם',
  '\u2028',
  '\ufeff',
  '\t\r\n',
  '\u001b[31m',
  'null',
  'undefined',
  'true',
  'NaN',
  '-1',
  '0',
  '1.5',
  '1e1',
  '0x10',
  ' 5',
  '+5',
  '1_0',
  '9007199254740993',
  '1e400',
  '__proto__',
  'constructor',
  '[object Object]',
  '[]',
  '{}',
  `' or 1=1--`,
  '%',
  '%00',
  '\\',
  '../../etc/passwd',
  '${7*7}',
  '<script>alert(1)</script>',
  'QUEUED ',
  'queued',
  'ADMIN',
  'OFFLINE',
  '#dc2626',
  '#DC262',
  ...TIMES,
  ...PHONES,
  ...IDS,
  ...ADDRESSES,
  ...CURSORS,
  ...LENGTHS.flatMap((length) => [long('x', length), long('😀', length), long('a\ufe0f', length)]),
  long('x', 100_000),
  long('\ufe0f', 50_000),
];

const NUMBERS: readonly string[] = [
  '-1',
  '0',
  '05',
  '1.0',
  '1.5',
  '1e1',
  '0x10',
  '0b1',
  ' 5',
  '5 ',
  '+5',
  '1_0',
  '1,000',
  '٥',
  '',
  'NaN',
  'Infinity',
  '101',
  '9007199254740993',
  '1e400',
];

/** Forbidden characters and extreme lengths. */
const TEXTS: readonly string[] = [
  ...['', '\0', 'a\0b', '\0'.repeat(3), '\ud83d', 'a\ude00b'],
  ...LENGTHS.flatMap((length) => [long('x', length), long('a\ufe0f', Math.max(length - 1, 0))]),
];

/** Texts similar to the given one. */
export function almost(text: string): readonly string[] {
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return TIMES;
  if (/^\+|^~own\.phone/.test(text)) return PHONES;
  if (/^~own\.cursor/.test(text)) return [...CURSORS, `${text}A`, `A${text}`, `${text}=`];
  if (/^~own\./.test(text)) return [...IDS, `${text}x`];
  if (/@/.test(text)) return ADDRESSES;
  if (/^\d+$/.test(text)) return NUMBERS;
  return TEXTS;
}

/** Unusual JSON texts. */
export const NASTY_JSON: readonly string[] = [
  'null',
  'true',
  'false',
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '[{}]',
  '{"":{}}',
  '{"length":1}',
  '{"__proto__":{"role":"ADMIN"}}',
  '{"constructor":{"prototype":{"role":"ADMIN"}}}',
  '{"toString":1,"valueOf":1,"then":1}',
  '-0',
  '-1',
  '0.5',
  '1.0',
  '1e2',
  '5e-324',
  '1e400',
  '-1e400',
  '2147483648',
  '9007199254740992',
  '9007199254740993',
  '99999999999999999999999999',
  '"\\u0000"',
  '"\\ud83d"',
  '"\\ude00\\ud83d"',
  ...EDGES.map(String),
  ...nested(31),
  ...nested(33),
  ...TOO_DEEP,
  `[${Array.from({ length: 1_001 }, () => '{}').join(',')}]`,
  `[${long('1,', 100_000)}1]`,
];

/** Fields that no request has. They must have no effect. */
export const PLANTED: readonly string[] = [
  'tenantId',
  'state',
  'role',
  'isActive',
  'assignedOperatorId',
  'version',
  'id',
  'status',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  '',
  'x',
  'tenant_id',
  'a\0b',
];

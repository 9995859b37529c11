/** Headers with special meanings elsewhere. */
export const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ...['1', 'W/"1"', '""', '"0"', '"-1"', '"1", "2"', '"999999999"', '"9999999999"', '"a"', 'null'].map(
    (value) => ['If-Match', value] as const,
  ),
  ...['', 'a b', 'x'.repeat(129), '<script>', 'mine', 'x'.repeat(5_000)].map(
    (value) => ['X-Request-Id', value] as const,
  ),
  ...['application/xml', 'text/html', '*/*;q=0', ';;;', 'application/json;version=99'].map(
    (value) => ['Accept', value] as const,
  ),
  ...['gzip', 'br;q=0', 'nonsense'].map((value) => ['Accept-Encoding', value] as const),
  ...['gzip', 'deflate', 'nonsense'].map((value) => ['Content-Encoding', value] as const),
  ...['', 'latest', 'a b', '\u00e9', 'x'.repeat(2_001), 'WzEsMl0'].map(
    (value) => ['Last-Event-ID', value] as const,
  ),
  ['If-None-Match', '*'],
  ['If-Modified-Since', 'yesterday'],
  ['Range', 'bytes=0-1'],
  ['Origin', 'https://elsewhere.example'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Original-URL', '/api/v1/tenants'],
  ['X-Tenant-Id', 'x'],
  ['X-Operator-Id', '00000000-0000-0000-0000-000000000000'],
  ['X-Service', 'x'.repeat(100)],
  ['Authorization', 'Bearer x'],
  ['Authorization', `Basic ${'x'.repeat(2_000)}`],
  ['Cookie', `__proto__=1; ${'x'.repeat(2_000)}`],
];

export const TYPES: readonly string[] = [
  'application/xml',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonp',
  'application/merge-patch+json',
  'json',
  '',
  'application/json; charset=utf-16',
  'application/json; charset="iso-8859-1"',
  'application/json; charset=',
  'application/json;;',
  'application/json, text/plain',
  'APPLICATION/JSON; CHARSET=UTF-8',
];

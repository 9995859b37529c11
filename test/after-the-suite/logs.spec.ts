import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECRETS } from '../support/log-file.js';
import { secretsIn } from '../support/secrets-in-log.js';
import { setting } from '../support/settings.js';

const DIRECTORY = setting('TEST_LOG_DIRECTORY');
/** Whether the whole suite ran before, or some of its files. */
const WHOLE = setting('TEST_LOGS_OF') === 'the whole suite';
/** A quarter of what there was when this was written; unexpected errors have to be made, so there are few. */
const LEAST: [number, string, RegExp][] = [
  [7000, 'were done', /"status":2\d\d,/g],
  [1500, 'were refused', /"status":4\d\d,/g],
  [1, 'failed', /"status":5\d\d,/g],
];
/** More would only hide the others. */
const SHOWN = 20;

const read = (name: string) => readFileSync(join(DIRECTORY, name), 'utf8');
const files = readdirSync(DIRECTORY).filter((name) => name.endsWith('.log'));

describe(`case 24: the logs of ${setting('TEST_LOGS_OF')}`, () => {
  it('hold no phone number, e-mail address, token, key, signature or password', () => {
    const lists = files.length === 0 ? [] : read(SECRETS).trim().split('\n');
    const known = [...new Set(lists.flatMap((line) => JSON.parse(line) as string[]))];
    const leaks = files.flatMap((file) => secretsIn(read(file), known).map((leak) => ({ file, ...leak })));
    expect(leaks.slice(0, SHOWN)).toEqual([]);
  });

  // Reading nothing would find nothing.
  if (WHOLE) {
    it.each(LEAST)('have at least %i requests that %s', (least, _what, pattern) => {
      const count = files.reduce((sum, file) => sum + (read(file).match(pattern)?.length ?? 0), 0);
      expect(count).toBeGreaterThanOrEqual(least);
    });
  }
});

describe('the search for secrets', () => {
  it.each([
    ['a phone number', '{"msg":"+4915112345678"}'],
    ['a phone number', '{"msg":"4915112345678"}'],
    ['a phone number', '{"msg":"0151 1234 5678"}'],
    ['a phone number', '{"msg":"+49 (151) 123-45678"}'],
    ['a phone number', '{"url":"/api/v1/conversations?customerPhoneNumber=%2B4915112345678"}'],
    ['a phone number', '{"url":"/api/v1/leads?phone=%2B49%20%28151%29%2012%2034%2056%2078"}'],
    ['a phone number', '{"msg":"tel:+4930901820"}'],
    ['a phone number', '{"trace_id":"4915112345678","span_id":"1234567890123456"}'],
    ['an e-mail address', '{"msg":"carla.secret@customer.example"}'],
    ['an e-mail address', '{"url":"/api/v1/leads?email=carla%40customer.example"}'],
    ['a token', '{"msg":"eyJhbGciOiJIUzI1NiJ9.e30.x"}'],
    ['a bearer key', '{"authorization":"Bearer some-key-of-somebody"}'],
    ['an API key', '{"msg":"iak_0123_abcdefgh"}'],
    ['a signing secret', '{"msg":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}'],
    ['a signature', '{"msg":"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}'],
    ['a signature', '{"msg":"r1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}'],
    ['a secret of the configuration', '{"msg":"postgres://inbox:hunter2-hunter2@127.0.0.1/inbox"}'],
  ])('finds %s in %s and does not show it', (what, line) => {
    const leaks = secretsIn(`{"msg":"nothing"}\n${line}\n`, ['hunter2-hunter2']);
    expect(leaks.map((leak) => [leak.line, leak.what])).toEqual([[2, what]]);
    expect(leaks[0]?.shape).toContain(`‹${what}›`);
    expect(leaks[0]?.shape).not.toMatch(/\d{4}|carla|eyJ|some-key|hunter2/);
  });

  it.each([
    '{"level":"info","time":"2026-11-21T10:47:00.123Z","requestId":"019c8f00-0000-7000-8000-000000000011"}',
    '{"trace_id":"12afdb8877e2e80a6a87a81f7ca89412","span_id":"1234567890123456","msg":"request"}',
    '{"method":"GET","route":"/api/v1/conversations/:id","status":200,"ms":12345.6,"msg":"request"}',
    '{"msg":"listening on http://127.0.0.1:43210"}',
    '    at run (/home/me/node_modules/.pnpm/pg@8.23.1/node_modules/pg/lib/client.js:1234:56)',
    '    at run (/home/me/node_modules/.cache/packages/cc2b0123456789a3/compiled:1234:56)',
  ])('ignores %s', (line) => {
    expect(secretsIn(line)).toEqual([]);
  });
});

import { isIP } from 'node:net';
import { z } from 'zod';

/**
 * The kinds of values. Problems and documents show the `description` of a kind. With `isSecret`, a problem never shows
 * the value.
 */

const said = (words: string) => `should be ${words}`;

export function oneOf<const Words extends readonly string[]>(...words: Words) {
  const what = `one of ${words.join(', ')}`;
  return z.enum(words, said(what)).describe(what);
}

export function yesOrNo() {
  const what = 'one of yes, no';
  return z
    .enum(['yes', 'no'], said(what))
    .transform((word) => word === 'yes')
    .describe(what);
}

/** Some of several words, separated by commas. */
export function someOf<const Words extends readonly string[]>(...words: Words) {
  const what = `some of ${words.join(', ')}, separated by commas`;
  return list()
    .pipe(z.array(z.enum(words, said(what))))
    .describe(what);
}

export function wholeNumber(min: number, max: number) {
  const what = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, said(what))
    .transform(Number)
    .pipe(z.number().min(min, said(what)).max(max, said(what)))
    .describe(what);
}

export function notNegative() {
  const what = 'a number of at least 0, such as 0.4';
  return z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/, said(what))
    .transform(Number)
    .describe(what);
}

export function anyText(what: string) {
  return z.string().describe(what);
}

/** The problem shows the length of the value and never the value. */
export function secret(minimumLength: number) {
  const error = ({ input }: { input?: unknown }) =>
    `should have at least ${minimumLength} characters, but has ${String(input).length}`;
  const description = `a secret of at least ${minimumLength} characters`;
  return z.string().min(minimumLength, { error }).meta({ description, isSecret: true });
}

/** A key of SECRETS_KEY. */
export interface SecretKey {
  /** The name by which stored secrets refer to the key. */
  readonly id: string;
  readonly key: Buffer;
}

const SECRET_KEY_BYTES = 32;
const KEY_ID = /^[a-z0-9-]{1,16}$/;
/** Of 32 random bytes fewer are different once in 10^20 times. */
const DIFFERENT_BYTES = 16;

/** Keys with their ids. Problems show neither the keys nor the ids, because somebody may have swapped them. */
export function secretKeys() {
  const what = '<id>:<32 bytes in base64>, several separated by commas; an id has 1 to 16 of a-z, 0-9 and -';
  return list()
    .transform((entries, context): SecretKey[] => {
      const keys = entries.map((entry) => {
        const [id = '', ...rest] = entry.split(':');
        const text = rest.join(':');
        return { id, text, key: Buffer.from(text, 'base64') };
      });
      keys.forEach(({ id, text, key }, i) => {
        const problem = !KEY_ID.test(id)
          ? 'has no valid id'
          : key.toString('base64') !== text || key.length !== SECRET_KEY_BYTES
            ? `is not ${SECRET_KEY_BYTES} bytes in base64, for example of openssl rand -base64 32`
            : new Set(key).size < DIFFERENT_BYTES
              ? 'is not random: make it by openssl rand -base64 32'
              : keys.findIndex((other) => other.id === id || other.key.equals(key)) < i
                ? 'has the id or the key of an earlier one'
                : null;
        if (problem !== null) context.addIssue(`${said(what)}; number ${i + 1} ${problem}`);
      });
      if (keys.length === 0) context.addIssue(said(what));
      return keys.map(({ id, key }) => ({ id, key }));
    })
    .meta({ description: what, isSecret: true });
}

export function postgresUrl() {
  const what = 'a PostgreSQL URL such as postgresql://user:password@host:5432/inbox';
  return z
    .url({ protocol: /^postgres(ql)?$/, error: said(what) })
    .meta({ description: what, isSecret: true });
}

/** The URL can contain a password. */
export function httpUrl(example: string) {
  const what = `a URL such as ${example}`;
  return z.url({ protocol: /^https?$/, error: said(what) }).meta({ description: what, isSecret: true });
}

export function origins() {
  const what = 'origins such as https://desk.example.com, separated by commas';
  return list()
    .pipe(z.array(z.string().refine(isOrigin, said(what))))
    .describe(what);
}

/** How many proxies there are between the clients and the service, or which. */
export function proxies() {
  const what =
    'a number of proxies from 1 to 16, or addresses and networks such as 10.0.0.0/8, separated by commas';
  const number = z
    .string()
    .regex(/^\d{1,2}$/, said(what))
    .transform(Number)
    .pipe(z.number().min(1, said(what)).max(16, said(what)));
  const addresses = list().pipe(z.array(z.string().refine(isNetwork, said(what))).min(1, said(what)));
  return z.union([number, addresses], said(what)).describe(what);
}

/** A network of all addresses would let everybody say where they are. */
function isNetwork(text: string): boolean {
  const [address = '', prefix = '', ...more] = text.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0 || more.length > 0) return false;
  return !text.includes('/') || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
}

function list() {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

import { constants, createHmac, createPublicKey, generateKeyPairSync, KeyObject, sign } from 'node:crypto';
import { exportJWK, UnsecuredJWT, type JWK, type JWTPayload } from 'jose';
import { TestApplication } from './support/application.js';
import { IdentityProvider, signedBy, signingKey, type SigningKey } from './support/identity-provider.js';
import { World, type Person } from './support/world.js';

const ISSUER = 'https://id.example.com';
const AUDIENCE = 'inbox-allocation';
const HOUR = 3600;

let provider: IdentityProvider;
/** Has a key of its own, which nobody trusts. */
let stranger: IdentityProvider;
let gateway: TestApplication;
let app: TestApplication;
let world: World;
let operator: Person;
let rsa: SigningKey;
let foreign: SigningKey;
const keys: Record<string, SigningKey> = {};
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const SHARED = Buffer.from('a-shared-secret-that-somebody-published').toString('base64url');

beforeAll(async () => {
  [provider, stranger] = [await IdentityProvider.start(), await IdentityProvider.start()];
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA', 'ES384']) keys[alg] = await signingKey(alg, alg);
  for (const kid of ['encrypts', 'wraps', 'first', 'second', 'private', 'broken'])
    keys[kid] = await signingKey(kid);
  rsa = keys['RS256']!;
  foreign = await signingKey('RS256');
  stranger.keys = [foreign.jwk];
  const plain = Object.values(keys).map(({ jwk }) => jwk);
  const changed: Record<string, Partial<JWK>> = {
    encrypts: { use: 'enc' },
    wraps: { key_ops: ['encrypt'] },
    first: { kid: 'twin' },
    second: { kid: 'twin' },
    private: await exportJWK(keys['private']!.privateKey),
    broken: { n: 'AQAB' },
  };
  provider.keys = [
    ...plain.map((jwk) => ({ ...jwk, ...changed[jwk.kid] })),
    { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256' },
    { kty: 'oct', kid: 'shared', alg: 'HS256', k: SHARED },
  ];
  gateway = await TestApplication.start();
  app = await gateway.another({
    AUTH_MODE: 'jwt',
    JWKS_URL: provider.url,
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
  });
  world = await World.create(gateway);
  operator = await world.operator();
});
afterAll(async () => {
  await app.stop();
  await gateway.stop();
  await provider.stop();
  await stranger.stop();
});

const now = () => Math.floor(Date.now() / 1000);
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  tenant_id: world.tenantId,
  sub: operator.id,
  iss: ISSUER,
  aud: AUDIENCE,
  exp: now() + HOUR,
  ...changes,
});
const signed = (changes: JWTPayload = {}, header: object = {}) => signedBy(rsa, claims(changes), header);
const own = (token: string) => app.call('get', '/tenant', { Authorization: `Bearer ${token}` });

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** What no library would sign. */
function signedByHand(changes: object, payload: unknown = claims(), key = nodeKey(), options = {}): string {
  const header = { alg: 'RS256', kid: 'RS256', ...changes };
  const text = `${part(header)}.${part(payload)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, ...options }).toString('base64url')}`;
}
const nodeKey = () => KeyObject.from(rsa.privateKey);
const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };

/** With what somebody could take for a shared secret. */
function withSecret(secret: string | Buffer, header: object = {}): string {
  const text = `${part({ alg: 'HS256', ...header })}.${part(claims())}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
const pem = () => createPublicKey({ key: rsa.jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });

describe('case 20: a token of an identity provider', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('signed with %s proves an operator', async (alg) => {
    const { body } = await own(await signedBy(keys[alg]!, claims())).expect(200);
    expect(body).toMatchObject({ id: world.tenantId });
  });

  it('that a valid hand-written set signs proves an operator too', async () => {
    await own(signedByHand({})).expect(200);
  });

  it('needs no key id when the set has one matching key', async () => {
    await own(await signedBy(keys['ES256']!, claims(), { kid: undefined })).expect(200);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['without a signature', () => new UnsecuredJWT(claims()).encode()],
    ['without a signature, with a key id', () => `${part({ alg: 'none', kid: 'RS256' })}.${part(claims())}.`],
    ['that lost its signature', async () => (await signed()).replace(/[^.]+$/, '')],
    ['with an algorithm that is not allowed', () => signedBy(keys['ES384']!, claims())],
    [
      'with another algorithm than its key is for',
      () => signedByHand({ alg: 'PS256' }, claims(), nodeKey(), PSS),
    ],
    ['signed with the public key as a secret', () => withSecret(String(pem()))],
    ['signed with the public key as a secret, trimmed', () => withSecret(String(pem()).trim())],
    ['signed with the modulus as a secret', () => withSecret(rsa.jwk.n!, { kid: 'RS256' })],
    [
      'signed with a secret that is published',
      () => withSecret(Buffer.from(SHARED, 'base64url'), { kid: 'shared' }),
    ],
    ['signed with an empty secret', () => withSecret('')],
    ['signed by somebody else', () => signedBy(foreign, claims())],
    ['with a key of its own', () => signedBy(foreign, claims(), { kid: undefined, jwk: foreign.jwk })],
    ['with an address of keys', () => signedBy(foreign, claims(), { jku: stranger.url })],
    ['with an address of certificates', () => signedBy(foreign, claims(), { x5u: stranger.url })],
    ['with certificates', () => signedBy(foreign, claims(), { x5c: [Buffer.from('x').toString('base64')] })],
    ['for another audience', () => signed({ aud: 'billing' })],
    ['for no audience', () => signed({ aud: undefined })],
    ['from another issuer', () => signed({ iss: `${ISSUER}/` })],
    ['from no issuer', () => signed({ iss: undefined })],
    ['that has expired', () => signed({ exp: now() - HOUR })],
    ['that never expires', () => signed({ exp: undefined })],
    ['that is not valid yet', () => signed({ nbf: now() + HOUR })],
    ['with an unknown key id', () => signed({}, { kid: 'unknown' })],
    ['with a key id that is no text', () => signed({}, { kid: 1 })],
    ['with a key id of an object', () => signed({}, { kid: '__proto__' })],
    ['with no key id, where several fit', () => signed({}, { kid: undefined })],
    ['of one of two keys with the same id', () => signedBy(keys['first']!, claims(), { kid: 'twin' })],
    ['of the other of them', () => signedBy(keys['second']!, claims(), { kid: 'twin' })],
    ['of a key for encryption', () => signedBy(keys['encrypts']!, claims())],
    ['of a key for other operations', () => signedBy(keys['wraps']!, claims())],
    ['of a private key that was published', () => signedBy(keys['private']!, claims())],
    ['of a key that is broken', () => signedBy(keys['broken']!, claims())],
    ['of a key that is too short', () => signedByHand({ kid: 'weak' }, claims(), weak.privateKey)],
    ['with a header that has to be understood', () => signedByHand({ crit: ['urn:x'], 'urn:x': 1 })],
    ['with an empty list of such headers', () => signedByHand({ crit: [] })],
    ['with a payload that is not encoded', () => signedByHand({ crit: ['b64'], b64: false })],
    ['of 12,000 characters', () => 'x'.repeat(12_000)],
    ['with a key id of 8,000 characters', () => signed({}, { kid: 'x'.repeat(8000) })],
    ['with a payload that is no JSON', () => `${part({ alg: 'RS256', kid: 'RS256' })}.eHh4.eHh4`],
    ['with a payload that is a list', () => signedByHand({}, [])],
    ['that is encrypted', () => `${part({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.eA.eA.eA.eA`],
    ['that is none', () => 'not-a-token'],
  ])('%s gets the same 401 as every other', async (_what, make) => {
    const { body, headers } = await own(await make());
    const { body: plain } = await app.call('get', '/tenant');
    expect(body).toEqual({ ...plain, requestId: (body as { requestId: string }).requestId });
    expect(body).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect(headers['www-authenticate']).toBe('Bearer');
    expect(stranger.asked).toBe(0);
  });

  it('that is too long for a header is refused before it is checked', async () => {
    const { status } = await own('x'.repeat(20_000));
    expect(status).toBe(431);
  });

  it('must be signed with a configured algorithm', async () => {
    const strict = await gateway.another({
      AUTH_MODE: 'jwt',
      JWKS_URL: provider.url,
      JWT_ISSUER: ISSUER,
      JWT_AUDIENCE: AUDIENCE,
      JWT_ALGORITHMS: 'ES384',
    });
    try {
      for (const [alg, status] of [
        ['ES384', 200],
        ['RS256', 401],
        ['ES256', 401],
      ] as const) {
        const token = await signedBy(keys[alg]!, claims());
        await strict.call('get', '/tenant', { Authorization: `Bearer ${token}` }).expect(status);
      }
    } finally {
      await strict.stop();
    }
  });
});

import { SignJWT } from 'jose';
import { parseApiKey } from '../src/access/api-key.js';
import type { ApiKeyResponse, NewApiKey } from '../src/api-keys/api-key.js';
import { TestApplication, type Headers } from './support/application.js';
import { invalid, refused } from './support/refused.js';
import { World } from './support/world.js';

let app: TestApplication;
let world: World;
let other: World;
beforeAll(async () => {
  app = await TestApplication.start();
  [world, other] = [await World.create(app), await World.create(app)];
});
afterAll(() => app.stop());

let made = 0;

async function make(of: World, fields: object = {}): Promise<NewApiKey> {
  const { body } = await app
    .call('post', '/api-keys', of.admin)
    .send({ name: `orchestrator ${++made}`, ...fields })
    .expect(201);
  return body as NewApiKey;
}

async function list(of: World): Promise<ApiKeyResponse[]> {
  const { body } = await app.call('get', '/api-keys?limit=100', of.admin).expect(200);
  return (body as { data: ApiKeyResponse[] }).data;
}

const bearer = (key: string): Headers => ({ Authorization: `Bearer ${key}` });
const own = (key: string) => app.call('get', '/tenant', bearer(key));

describe('an API key', () => {
  it('identifies a service of its tenant, and the ledger has the name of the key', async () => {
    const { key } = await make(world, { name: 'WhatsApp orchestrator' });
    const { body: tenant } = await own(key).expect(200);
    expect(tenant).toMatchObject({ id: world.tenantId });
    const inbox = await world.inbox();
    const message = {
      externalConversationId: 'by-key',
      inboxId: inbox.id,
      customerPhoneNumber: '+4915112345678',
    };
    const { body } = await app.call('post', '/orchestrator/messages', bearer(key)).send(message).expect(201);
    const { id } = (body as { conversation: { id: string } }).conversation;
    const history = await app.call('get', `/conversations/${id}/history`, bearer(key)).expect(200);
    expect(history.body).toMatchObject({
      data: [{ actor: { type: 'SERVICE', id: 'WhatsApp orchestrator' } }],
    });
  });

  it('has the rights of a service and no others', async () => {
    const { key } = await make(world);
    await refused(app.call('post', '/api-keys', bearer(key)).send({ name: 'another' }), 'FORBIDDEN');
    await refused(app.call('get', '/api-keys', bearer(key)), 'FORBIDDEN');
    await refused(app.call('post', '/allocation/allocate', bearer(key)).send({}), 'FORBIDDEN');
    await refused(app.call('get', '/tenants', bearer(key)), 'FORBIDDEN');
  });

  it('is shown once; later only its prefix', async () => {
    const fresh = await World.create(app);
    const made = await make(fresh, { name: 'orchestrator', requestSigning: true });
    expect(made.key).toMatch(/^iak_[\w-]{43}_[\w-]{43}$/);
    expect(made.signingSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { key, signingSecret, ...shown } = made;
    expect(key.startsWith(`${made.prefix}_`)).toBe(true);
    expect(await list(fresh)).toEqual([shown]);
    expect(shown).toMatchObject({
      tenantId: fresh.tenantId,
      name: 'orchestrator',
      requestSigning: true,
      expiresAt: null,
      lastUsedAt: null,
      createdBy: fresh.admin['X-Operator-Id'],
    });
    const rows = await app.database.rows<{ row: string }>(
      'select k::text as row from api_keys k where tenant_id = $1',
      [fresh.tenantId],
    );
    const secret = parseApiKey(key)!.secret;
    expect(rows).toHaveLength(1);
    expect(rows[0]!.row).not.toContain(secret);
    expect(rows[0]!.row).not.toContain(Buffer.from(secret).toString('hex'));
    expect(rows[0]!.row).toContain(signingSecret!);
  });

  it('is always different', async () => {
    const fresh = await World.create(app);
    const keys = await Promise.all(Array.from({ length: 5 }, () => make(fresh)));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(5);
    expect(new Set(keys.map(({ key }) => parseApiKey(key)!.secret)).size).toBe(5);
    for (const { key } of keys) await own(key).expect(200);
  });

  it('has a name of its own among the keys that are not revoked', async () => {
    const { id } = await make(world, { name: 'CRM' });
    const again = () => app.call('post', '/api-keys', world.admin).send({ name: ' crm' });
    expect(await refused(again(), 'ALREADY_EXISTS')).toMatchObject({ field: 'name' });
    await make(other, { name: 'CRM' });
    await app.call('delete', `/api-keys/${id}`, world.admin).expect(204);
    await again().expect(201);
  });

  it('is listed in pages', async () => {
    const fresh = await World.create(app);
    const keys = [await make(fresh), await make(fresh), await make(fresh)];
    const first = await app.call('get', '/api-keys?limit=2', fresh.admin).expect(200);
    const { nextCursor } = first.body as { nextCursor: string };
    const rest = await app.call('get', `/api-keys?limit=2&cursor=${nextCursor}`, fresh.admin).expect(200);
    const ids = [first, rest].flatMap(({ body }) =>
      (body as { data: ApiKeyResponse[] }).data.map(({ id }) => id),
    );
    expect(ids).toEqual(keys.map(({ id }) => id));
  });

  it('is refused from the next request after it was revoked', async () => {
    const [gone, kept] = [await make(world), await make(world)];
    await own(gone.key).expect(200);
    await app.call('delete', `/api-keys/${gone.id}`, world.admin).expect(204);
    await refused(own(gone.key), 'UNAUTHENTICATED');
    await own(kept.key).expect(200);
    await refused(app.call('delete', `/api-keys/${gone.id}`, world.admin), 'NOT_FOUND');
    const by = world.admin['X-Operator-Id'];
    expect(await list(world)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: gone.id, revokedAt: expect.any(String) as string, revokedBy: by }),
        expect.objectContaining({ id: kept.id, revokedAt: null, revokedBy: null }),
      ]),
    );
  });

  it('is refused and still listed after it expired', async () => {
    const ahead = new Date(Date.now() + 3_600_000).toISOString();
    const { key, id } = await make(world, { expiresAt: ahead });
    await own(key).expect(200);
    await app.database.rows('update api_keys set expires_at = now() where id = $1', [id]);
    await refused(own(key), 'UNAUTHENTICATED');
    expect((await list(world)).map((listed) => listed.id)).toContain(id);
  });

  it.each([
    '2020-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    'tomorrow',
    '2099-01-01',
    1,
    '9999-12-31T23:59:59-23:59',
  ])('cannot expire at %j', async (expiresAt) => {
    const call = app.call('post', '/api-keys', world.admin).send({ name: 'x', expiresAt });
    await invalid(call, 'expiresAt');
  });

  it.each<[string, object, string]>([
    ['no name', {}, 'name'],
    ['a blank name', { name: '  ' }, 'name'],
    ['an endless name', { name: 'x'.repeat(101) }, 'name'],
    ['a number for signing', { name: 'x', requestSigning: 1 }, 'requestSigning'],
    ['null for signing', { name: 'x', requestSigning: null }, 'requestSigning'],
    ['a key of their own', { name: 'x', key: 'iak_mine' }, 'key'],
  ])('is refused with %s', async (_what, body, field) => {
    await invalid(app.call('post', '/api-keys', world.admin).send(body), field);
  });
});

describe('an invalid API key', () => {
  /** Each is nearly the key that works. */
  const nearly: [string, (key: string) => string | Promise<string>][] = [
    ['another secret', (key) => changed(key, -10)],
    ['another last letter', (key) => `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`],
    ['another key of the tenant', (key) => changed(key, 40)],
    ['another tenant', (key) => changed(key, 8)],
    ['the secret of another key', async (key) => `${key.slice(0, 48)}${(await make(world)).key.slice(48)}`],
    ['the public part alone', (key) => key.slice(0, 47)],
    ['a letter less', (key) => key.slice(0, -1)],
    ['a letter more', (key) => `${key}A`],
    ['capitals', (key) => key.toUpperCase()],
    ['another prefix', (key) => key.replace('iak_', 'sk_')],
    ['the hash for the secret', async (key) => `${key.slice(0, 48)}${await storedHash(key)}`],
  ];

  it.each(nearly)('%s: the same 401 as every other', async (_what, spoil) => {
    const { key } = await make(world);
    const { body } = await own(await spoil(key)).expect(401);
    const { body: plain } = await app.call('get', '/tenant').expect(401);
    expect(body).toEqual({ ...plain, requestId: (body as { requestId: string }).requestId });
    await own(key).expect(200);
  });

  it('a key together with gateway headers is refused', async () => {
    const { key } = await make(world);
    for (const headers of [other.admin, world.admin, world.orchestrator, { 'X-Tenant-Id': world.tenantId }])
      await refused(app.call('get', '/tenant', { ...bearer(key), ...headers }), 'UNAUTHENTICATED');
  });

  it('a key in a body, a query or another scheme is refused', async () => {
    const { key } = await make(world);
    await refused(app.call('get', '/tenant').query({ key, api_key: key }), 'UNAUTHENTICATED');
    await refused(app.call('get', '/tenant', { Authorization: key }), 'UNAUTHENTICATED');
    await refused(app.call('get', '/tenant', { 'X-Api-Key': key }), 'UNAUTHENTICATED');
    await refused(app.call('get', '/tenant', { Authorization: `Basic ${key}` }), 'UNAUTHENTICATED');
  });
});

describe('with AUTH_MODE=jwt', () => {
  it('a key works, and gateway headers change nothing', async () => {
    const secret = 'a-shared-secret-of-at-least-32-characters';
    const tokens = await app.another({ AUTH_MODE: 'jwt', JWT_SECRET: secret });
    try {
      const { key } = await make(world);
      const response = await tokens.call('get', '/tenant', { ...bearer(key), ...other.admin }).expect(200);
      expect(response.body).toMatchObject({ id: world.tenantId });
      const claims = { tenant_id: world.tenantId, sub: world.admin['X-Operator-Id']!, exp: 4_000_000_000 };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(new TextEncoder().encode(secret));
      const made = await tokens
        .call('post', '/api-keys', bearer(token))
        .send({ name: 'by token' })
        .expect(201);
      await tokens.call('get', '/conversations', bearer((made.body as NewApiKey).key)).expect(200);
    } finally {
      await tokens.stop();
    }
  });
});

describe('lastUsedAt', () => {
  const rowOf = async (id: string) => {
    const [row] = await app.database.rows<{ at: Date | null; written_by: string }>(
      'select last_used_at as at, xmin::text as written_by from api_keys where id = $1',
      [id],
    );
    return row!;
  };
  const seen = async (id: string) => (await list(world)).find((key) => key.id === id)?.lastUsedAt;

  it('is written at most once a minute', async () => {
    const { key, id } = await make(world);
    expect(await seen(id)).toBeNull();
    await Promise.all(Array.from({ length: 30 }, () => own(key).expect(200)));
    const first = await rowOf(id);
    expect(Date.parse((await seen(id))!)).toBe(first.at!.getTime());
    for (let i = 0; i < 5; i++) await own(key).expect(200);
    expect(await rowOf(id)).toEqual(first);
    // A request that found it due at the same moment comes too late and changes nothing.
    await app.database.rows('select record_api_key_use($1, $2)', [world.tenantId, id]);
    expect(await rowOf(id)).toEqual(first);

    await app.database.rows(
      `update api_keys set last_used_at = now() - interval '61 seconds' where id = $1`,
      [id],
    );
    await own(key).expect(200);
    expect((await rowOf(id)).at!.getTime()).toBeGreaterThanOrEqual(first.at!.getTime());
  });

  it('does not change with a wrong secret or an expired key', async () => {
    const { key, id } = await make(world);
    await own(changed(key, -10)).expect(401);
    expect(await seen(id)).toBeNull();
    await app.database.rows(`update api_keys set expires_at = now() where id = $1`, [id]);
    await own(key).expect(401);
    expect(await seen(id)).toBeNull();
  });
});

/** With another letter at this place. */
function changed(key: string, place: number): string {
  const letters = [...key];
  const at = (place + letters.length) % letters.length;
  letters[at] = letters[at] === 'x' ? 'y' : 'x';
  return letters.join('');
}

async function storedHash(key: string): Promise<string> {
  const [row] = await app.database.rows<{ hash: Buffer }>(
    'select secret_hash as hash from api_keys where id = $1',
    [parseApiKey(key)!.keyId],
  );
  return row!.hash.toString('base64url');
}

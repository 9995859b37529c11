import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWTPayload } from 'jose';
import { TestApplication, type Headers } from './support/application.js';
import { IdentityProvider, signedBy, signingKey, type SigningKey } from './support/identity-provider.js';
import { PROVIDERS, type Named } from './support/provider-tokens.js';
import { refused } from './support/refused.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World, type Person } from './support/world.js';

const PAGE = readFileSync(join(__dirname, '../docs/identity-providers.md'), 'utf8');

let gateway: TestApplication;
let keys: IdentityProvider;
let key: SigningKey;
beforeAll(async () => {
  gateway = await TestApplication.start();
  keys = await IdentityProvider.start();
  key = await signingKey('key-of-the-provider');
});
afterAll(async () => {
  await gateway.stop();
  await keys.stop();
});

/** The settings that the page shows for a provider, with the keys of the test. */
function settingsOf(name: string): Record<string, string> {
  const [, block = ''] = new RegExp(`## ${name}\n\n\`\`\`sh\n([^\`]*)`).exec(PAGE) ?? [];
  const shown = block
    .trim()
    .split('\n')
    .map((line) => /^(\w+)=(.*)$/.exec(line)!.slice(1) as [string, string]);
  return { ...Object.fromEntries(shown), JWKS_URL: keys.url };
}

async function named(world: World, { tenant, operator }: Named): Promise<Person> {
  // One tenant of a name; the test before had it.
  await gateway.database.rows('update tenants set external_id = null where external_id = $1', [tenant]);
  await gateway.database.rows('update tenants set external_id = $2 where id = $1', [world.tenantId, tenant]);
  const person = await world.operator({ status: 'OFFLINE' });
  await change(world, person, { externalId: operator });
  return person;
}

function change(world: World, { id }: Person, fields: object) {
  return gateway.call('patch', `/operators/${id}`, world.admin).send(fields).expect(200);
}

describe.each(PROVIDERS)('a token of $name', ({ name, named: words, jwk, header, tokens }) => {
  let app: TestApplication;
  let world: World;
  let operator: Person;
  const kinds = Object.entries(tokens);
  beforeAll(async () => {
    keys.keys = [{ ...key.jwk, ...jwk }];
    app = await gateway.another(settingsOf(name));
    world = await World.create(gateway);
    operator = await named(world, words);
  });
  afterAll(() => app.stop());

  const bearer = async (payload: JWTPayload): Promise<Headers> => ({
    Authorization: `Bearer ${await signedBy(key, payload, header)}`,
  });
  const first = (changes: Partial<Named> = {}) => kinds[0]![1]({ ...words, ...changes });
  const me = (who: Headers) => app.call('get', `/operators/${operator.id}`, who);

  it.each(kinds)('opens a session by the settings of the page alone: %s', async (_kind, payload) => {
    const who = await bearer(payload(words));
    const { body } = await me(who).expect(200);
    expect(body).toMatchObject({ id: operator.id, tenantId: world.tenantId, externalId: words.operator });
    await app.call('put', `/operators/${operator.id}/status`, who).send({ status: 'AVAILABLE' }).expect(200);
    await app.call('get', '/allocation/queue', who).expect(200);
    // The role is that of the database.
    await refused(app.call('get', '/operators', who), 'FORBIDDEN');
  });

  it('can have the ids of this service instead', async () => {
    await me(await bearer(first({ operator: operator.id.toUpperCase() }))).expect(200);
    if (words.tenant === 'acme') await me(await bearer(first({ tenant: world.tenantId }))).expect(200);
  });

  it('without one of its claims, or of somebody unknown, is the same 401', async () => {
    const { body: plain } = await app.call('get', '/tenant');
    const settings = settingsOf(name);
    const without = (claim: string): JWTPayload => {
      const payload = first();
      const { [claim]: _claim, [claim.split('.')[0]!]: _outer, ...rest } = payload;
      return rest;
    };
    const wrong: Record<string, JWTPayload> = {
      'no tenant': without(settings['JWT_TENANT_CLAIM']!),
      'no operator': without(settings['JWT_OPERATOR_CLAIM']!),
      'unknown tenant': first({ tenant: randomUUID() }),
      'unknown operator': first({ operator: randomUUID() }),
      'a prefix': first({ operator: words.operator.slice(0, -1) }),
      'another case': first({ operator: `${words.operator}A` }),
      'what nobody can store': first({ operator: `${words.operator}\0` }),
      'an endless one': first({ operator: 'x'.repeat(300) }),
      'none at all': first({ operator: '' }),
      'another audience': { ...first(), aud: 'another' },
      'another issuer': { ...first(), iss: `https://login.microsoftonline.com/${randomUUID()}/v2.0` },
    };
    for (const [what, payload] of Object.entries(wrong)) {
      const { body } = await app.call('get', '/tenant', await bearer(payload));
      expect({ what, body }).toEqual({
        what,
        body: { ...plain, requestId: (body as { requestId: string }).requestId },
      });
    }
  });

  it('is of no operator of another tenant', async () => {
    const other = await World.create(gateway);
    const theirs = await other.operator({ status: 'OFFLINE' });
    await change(other, theirs, { externalId: 'theirs' });
    for (const operator of ['theirs', theirs.id])
      await refused(app.call('get', '/tenant', await bearer(first({ operator }))), 'UNAUTHENTICATED');
    // The same name in another tenant is another person.
    await change(other, theirs, { externalId: words.operator });
    const { body } = await me(await bearer(first())).expect(200);
    expect(body).toMatchObject({ id: operator.id });
  });
});

describe('with tokens of another shape', () => {
  let app: TestApplication;
  let world: World;
  let operator: Person;
  beforeAll(async () => {
    keys.keys = [key.jwk];
    app = await gateway.another({ ...settingsOf('Keycloak'), JWT_OPERATOR_CLAIM: 'sub' });
    world = await World.create(gateway);
    operator = await named(world, { tenant: 'shapes', operator: 'olga' });
  });
  afterAll(() => app.stop());

  const ask = async (changes: object) => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const all = {
      iss: 'https://id.example/realms/desk',
      aud: 'inbox-allocation',
      exp,
      sub: 'olga',
      ...changes,
    };
    return app.call('get', '/tenant', { Authorization: `Bearer ${await signedBy(key, all)}` });
  };

  it('takes a claim of this whole name before dots are a path', async () => {
    const found = await ask({ 'inbox.tenant': 'shapes', inbox: { tenant: 'nobody' } });
    expect(found.body).toMatchObject({ id: world.tenantId });
    expect((await ask({ 'inbox.tenant': 'nobody', inbox: { tenant: 'shapes' } })).status).toBe(401);
  });

  it.each([
    [{ inbox: 'tenant' }],
    [{ inbox: null }],
    [{ inbox: { tenant: ['shapes'] } }],
    [{ inbox: { tenant: 7 } }],
  ])('refuses %j as tenant', async (changes) => {
    expect((await ask(changes)).status).toBe(401);
  });

  it('prefers an id of its own to an external id', async () => {
    const colleague = await world.operator({ status: 'OFFLINE' });
    await change(world, colleague, { externalId: operator.id });
    const inbox = { tenant: 'shapes' };
    expect((await ask({ inbox, sub: operator.id })).status).toBe(200);
    await change(world, operator, { isActive: false });
    expect((await ask({ inbox, sub: operator.id })).body).toMatchObject({ code: 'OPERATOR_INACTIVE' });
    await change(world, operator, { isActive: true });
  });

  it('knows a changed external id from the next request on', async () => {
    const inbox = { tenant: 'shapes' };
    expect((await ask({ inbox })).status).toBe(200);
    await change(world, operator, { externalId: null });
    expect((await ask({ inbox })).status).toBe(401);
    await change(world, operator, { externalId: 'olga' });
    expect((await ask({ inbox })).status).toBe(200);
  });
});

describe('the external id of an operator', () => {
  it('is set for the first ADMIN too, who could not sign in otherwise', async () => {
    const request = { name: 'Acme', admin: { name: 'Ada', externalId: 'auth0|ada' } };
    const platform = { Authorization: `Bearer ${PLATFORM_KEY}` };
    const { body } = await gateway.call('post', '/tenants', platform).send(request).expect(201);
    expect(body).toMatchObject({ admin: { externalId: 'auth0|ada' } });
  });

  it('is unique in the tenant', async () => {
    const [world, other] = [await World.create(gateway), await World.create(gateway)];
    const create = (of: World) =>
      gateway.call('post', '/operators', of.admin).send({ name: 'Olga', externalId: 'olga' });
    expect((await create(world).expect(201)).body).toMatchObject({ externalId: 'olga' });
    expect(await refused(create(world), 'ALREADY_EXISTS')).toMatchObject({ field: 'externalId' });
    await create(other).expect(201);
  });
});

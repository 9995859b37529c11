import { TestApplication, type Headers } from './support/application.js';
import { define } from './support/labelling.js';
import { COMMITTED, nameOf, ROUTES, type Route } from './support/openapi.js';
import { messageTo, report } from './support/messages.js';
import { PLATFORM_KEY } from './support/settings.js';
import { World } from './support/world.js';

const PLATFORM = { Authorization: `Bearer ${PLATFORM_KEY}` };

type Fields = Record<string, unknown>;

interface Update {
  /** Makes one in which each field has a value of its own. */
  make: (world: World) => Promise<Made>;
  /** Another value for each field. */
  values: Fields;
}

/** Where it is changed, and where it is read. */
interface Made {
  patch: string;
  get: string;
  /** An ADMIN unless said otherwise. */
  by?: Headers;
}

const UPDATES: Record<string, Update> = {
  'PATCH /operators/{id}': {
    make: (world) =>
      made(world, '/operators', {
        name: 'Otto',
        email: 'otto@x.example',
        externalId: 'otto',
        role: 'MANAGER',
        maxLoad: 3,
      }),
    values: {
      name: 'Olga',
      email: 'olga@x.example',
      externalId: null,
      role: 'ADMIN',
      maxLoad: 7,
      isActive: false,
    },
  },
  'PATCH /inboxes/{id}': {
    make: async (world) => {
      const inbox = await made(world, '/inboxes', {
        name: 'Returns',
        phoneNumber: '+4930901829',
        description: 'What customers send back',
        distribution: 'ROUND_ROBIN',
        acceptWithinSeconds: 60,
        replyWithinSeconds: 600,
        waitTargetSeconds: 300,
        onReplyOverdue: 'REQUEUE',
        affinity: 'LAST_OPERATOR',
        boostMinutes: 30,
      });
      const redirectToInboxId = (await world.inbox()).id;
      await world.app.call('patch', inbox.patch, world.admin).send({ redirectToInboxId }).expect(200);
      return inbox;
    },
    values: {
      name: 'Repairs',
      phoneNumber: '+4930901830',
      description: null,
      distribution: 'LEAST_LOADED',
      acceptWithinSeconds: null,
      replyWithinSeconds: 700,
      waitTargetSeconds: null,
      onReplyOverdue: 'NOTIFY',
      affinity: 'NONE',
      boostMinutes: -20,
      isActive: false,
      redirectToInboxId: null,
    },
  },
  'PATCH /leads/{id}': {
    make: async (world) => {
      const lead = { externalId: 'crm-1', name: 'Carla', email: 'c@x.example', phone: '+4915112340001' };
      const { conversation } = await report(world, messageTo(await world.inbox(), { lead }));
      // A resolved one has no score, which grows with every moment.
      await world.resolve(conversation.id);
      const path = `/leads/${conversation.leadId}`;
      return { patch: path, get: path };
    },
    values: { name: 'Carla Customer', email: null, phone: '+4915112340002' },
  },
  'PATCH /labels/{id}': {
    make: async (world) => {
      const inbox = await world.inbox();
      const { id } = await define(world, inbox, { name: 'Urgent', color: '#dc2626' });
      return { patch: `/labels/${id}`, get: `/inboxes/${inbox.id}/labels` };
    },
    values: { name: 'Complaint', color: '#00ff00' },
  },
  'PATCH /webhooks/{id}': {
    make: (world) =>
      made(world, '/webhooks', {
        url: 'https://93.184.215.14/hook',
        events: ['conversation.created'],
        description: 'Screens',
        enabled: false,
      }),
    values: {
      url: 'https://93.184.215.14/other',
      events: ['conversation.resolved'],
      description: null,
      enabled: true,
    },
  },
  'PATCH /tenant/settings': {
    make: async (world) => {
      await world.change({
        alpha: 0.1,
        beta: 0.2,
        normalization: 'CANDIDATE_WINDOW',
        maxMessageCount: 7,
        maxDelayMinutes: 77,
        candidateWindow: 17,
        delayBasis: 'WAITING_SINCE',
        countBasis: 'TOTAL',
        gracePeriodSeconds: 60,
        declineSeconds: 100,
        presenceTimeoutSeconds: 100,
        operatorsMayHandOver: false,
        missesBeforePause: 3,
        maxParked: 5,
        retentionDays: 30,
        backlogPerMinute: 7,
        unattendedSeconds: 90,
        autoSubscribe: true,
        defaultMaxLoad: 9,
        defaultInboxId: (await world.inbox()).id,
      });
      return { patch: '/tenant/settings', get: '/tenant' };
    },
    values: {
      alpha: 0.3,
      beta: 0.4,
      normalization: 'FIXED',
      maxMessageCount: 8,
      maxDelayMinutes: null,
      candidateWindow: 18,
      delayBasis: 'LAST_MESSAGE',
      countBasis: 'WAITING',
      gracePeriodSeconds: 61,
      declineSeconds: 101,
      presenceTimeoutSeconds: null,
      operatorsMayHandOver: true,
      missesBeforePause: 4,
      maxParked: 6,
      backlogPerMinute: null,
      unattendedSeconds: null,
      retentionDays: null,
      autoSubscribe: false,
      defaultMaxLoad: 10,
      defaultInboxId: null,
    },
  },
  'PATCH /tenants/{id}': {
    make: async (world) => {
      const made = { patch: `/tenants/${world.tenantId}`, get: `/tenants/${world.tenantId}`, by: PLATFORM };
      await app.call('patch', made.patch, PLATFORM).send({ externalId: world.tenantId }).expect(200);
      return made;
    },
    values: { name: 'Renamed', externalId: null, isSuspended: true },
  },
};

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

const PATCHES = ROUTES.filter(({ method }) => method === 'patch');

it('each field of each PATCH is in the table', () => {
  const documented = PATCHES.map((route) => [nameOf(route), fieldsOf(route)]);
  const inTable = PATCHES.map((route) => [nameOf(route), Object.keys(UPDATES[nameOf(route)]?.values ?? {})]);
  expect(inTable).toEqual(documented);
});

describe.each(Object.entries(UPDATES))('%s', (_name, { make, values }) => {
  it.each(Object.entries(values))('changes %s and nothing else', async (field, value) => {
    const world = await World.create(app);
    const { patch, get, by = world.admin } = await make(world);
    const before = await read(by, get);
    const all = before['settings'] as Fields | undefined;
    const settings = all !== undefined && field in all ? all : undefined;
    expect((settings ?? before)[field]).not.toEqual(value);

    await app
      .call('patch', patch, by)
      .send({ [field]: value })
      .expect(200);
    const after = await read(by, get);
    const changed =
      settings === undefined ? { [field]: value } : { settings: { ...settings, [field]: value } };
    expect(after).toEqual({ ...before, ...changed, updatedAt: expect.any(String) });
  });
});

function fieldsOf({ operation }: Route): string[] {
  const { $ref } = operation.requestBody!.content['application/json']!.schema as { $ref: string };
  const schema = COMMITTED.components.schemas[$ref.split('/').at(-1)!] as { properties: Fields };
  // Not a field of the operator: what else to do.
  return Object.keys(schema.properties).filter((name) => name !== 'revokeKeys');
}

async function made(world: World, path: string, fields: Fields): Promise<Made> {
  const { body } = await app.call('post', path, world.admin).send(fields).expect(201);
  const own = `${path}/${(body as { id: string }).id}`;
  return { patch: own, get: own };
}

/** The resource, or the only one of a list. */
async function read(by: Headers, path: string): Promise<Fields> {
  const { body } = await app.call('get', path, by).expect(200);
  const { data } = body as { data?: Fields[] };
  return data === undefined ? (body as Fields) : data[0]!;
}

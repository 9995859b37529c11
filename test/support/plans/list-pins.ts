import { HELD, VISIBLE_INBOXES, UNMARKED, UNMARKED_IN_ONE, type Pin } from './pins.js';
import type { Scene } from './scene.js';

/** The first and the second page with the default `limit`, and one more row for `hasMore`. */
export const TWO_PAGES = 2 * 21;
export const INBOXES = 20;
export const STATES = 3;
/** The newest conversations that a search by a part looks at before it asks the index. */
const LOOKED_AT = 64;
/** Those from which it learns which trigrams are frequent. */
const SAMPLED = 64;
/** A fifth of an inbox of the large tenant. */
const LABELLED = 700;

type Through = Pin['conversations'];

async function followed(scene: Scene, path: string, asAdmin: boolean): Promise<void> {
  const headers = asAdmin ? scene.world.admin : scene.operator.headers;
  const { nextCursor } = (await scene.get(path, headers)) as { nextCursor: string | null };
  if (nextCursor !== null) await scene.get(`${path}&cursor=${encodeURIComponent(nextCursor)}`, headers);
}

/** A list for an ADMIN, who sees all inboxes, and for an OPERATOR. */
export const list = (
  name: string,
  query: (scene: Scene) => Promise<string> | string,
  all: Through,
  seen: Through,
  elsewhere: Through = {},
) =>
  [true, false].map((asAdmin): Pin => ({
    name: `GET /conversations ${name}, by an ${asAdmin ? 'ADMIN' : 'OPERATOR'}`,
    run: async (scene) => followed(scene, `/conversations?${await query(scene)}`, asAdmin),
    conversations: { conversations_pk: TWO_PAGES, ...(asAdmin ? all : seen) },
    elsewhere,
  }));

const byActivity = (sort: string) => [
  ...list(
    `sort=${sort}`,
    () => `sort=${sort}`,
    { conversations_activity: STATES * TWO_PAGES },
    { conversations_inbox_activity: VISIBLE_INBOXES * STATES * TWO_PAGES, conversations_held: HELD },
  ),
  ...['QUEUED', 'ALLOCATED', 'RESOLVED'].flatMap((state) =>
    list(
      `sort=${sort} state=${state}`,
      () => `sort=${sort}&state=${state}`,
      { conversations_activity: TWO_PAGES },
      { conversations_inbox_activity: VISIBLE_INBOXES * TWO_PAGES, conversations_held: HELD },
    ),
  ),
  ...list(
    `sort=${sort} of an inbox`,
    ({ inboxes }) => `sort=${sort}&inboxId=${inboxes[1]!.id}`,
    { conversations_inbox_activity: STATES * TWO_PAGES },
    { conversations_inbox_activity: STATES * TWO_PAGES, conversations_held: 2 * HELD },
  ),
  ...narrow(`sort=${sort}`),
  // Of conversation_labels a page is read of each label, and nothing of conversations but the page.
  ...list(
    `sort=${sort} with a label`,
    async (scene) => `sort=${sort}&labelId=${await labelOf(scene)}`,
    {},
    { conversations_held: 2 * HELD },
    { conversation_labels: 4 * TWO_PAGES },
  ),
  ...list(
    `sort=${sort} with a label of any inbox`,
    () => `sort=${sort}&labelName=Frequent`,
    {},
    { conversations_held: 2 * HELD },
    { conversation_labels: INBOXES * TWO_PAGES + 4 * TWO_PAGES },
  ),
  ...list(
    `sort=${sort} of a last operator`,
    ({ operator }) => `sort=${sort}&lastOperatorId=${operator.id}`,
    { conversations_last_operator: TWO_PAGES },
    // An OPERATOR sees a quarter of the inboxes.
    { conversations_last_operator: 8 * TWO_PAGES },
  ),
];

/** Reads a page of unsaturated and of saturated conversations of each inbox. */
export const HEADS = 2 * TWO_PAGES + 2 * UNMARKED_IN_ONE;

const byPriority = [
  ...list(
    'sort=priority',
    () => 'sort=priority',
    { conversations_queue: INBOXES * HEADS, conversations_queue_basis: 2 * UNMARKED },
    { conversations_queue: VISIBLE_INBOXES * HEADS, conversations_queue_basis: 2 * UNMARKED },
  ),
  ...list(
    'sort=priority of an inbox',
    ({ inboxes }) => `sort=priority&inboxId=${inboxes[1]!.id}`,
    { conversations_queue: HEADS, conversations_queue_basis: 2 * UNMARKED },
    { conversations_queue: HEADS, conversations_queue_basis: 2 * UNMARKED },
  ),
  ...narrow('sort=priority'),
  // Sorts all conversations with the label, so the page does not limit it.
  ...['sort=priority', 'createdFrom=2001-01-01T00:00:00Z'].flatMap((query) =>
    list(
      `${query} with each of a label`,
      async (scene) => `${query}&labelId=${await labelOf(scene)}`,
      { conversations_pk: 2 * LABELLED + TWO_PAGES },
      { conversations_pk: 2 * LABELLED + TWO_PAGES },
    ),
  ),
];

/** Filters with an index that returns few or sorted rows. */
function narrow(sort: string): Pin[] {
  const filtered = (name: string, query: (scene: Scene) => Promise<string> | string, through: Through) =>
    list(`${sort} ${name}`, async (scene) => `${sort}&${await query(scene)}`, through, through);
  return [
    ...filtered('of a customer', () => 'customerPhoneNumber=%2B491500000004', { conversations_customer: 10 }),
    ...filtered('of a thread', () => 'externalConversationId=large-4', {
      conversations_thread: 1,
    }),
    ...filtered('of a holder', ({ operator }) => `assignedOperatorId=${operator.id}`, {
      conversations_held: 2 * HELD,
    }),
    ...filtered('of a lead', async (scene) => `leadId=${await leadOf(scene)}`, {
      conversations_inbox_leads: 20,
      conversations_held: HELD,
    }),
  ];
}

export async function leadOf(scene: Scene): Promise<string> {
  const [row] = await scene.sql<{ id: string }>(
    `select lead_id as id from conversations where tenant_id = $1 and inbox_id = $2 and lead_id is not null limit 1`,
    scene.world.tenantId,
    scene.inboxes[0]!.id,
  );
  return row?.id ?? scene.operator.id;
}

/** The label of many conversations. */
async function labelOf(scene: Scene): Promise<string> {
  const [row] = await scene.sql<{ id: string }>(
    'select id from labels where tenant_id = $1 and inbox_id = $2 order by name limit 1',
    scene.world.tenantId,
    scene.inboxes[1]!.id,
  );
  return row!.id;
}

export const found = (
  name: string,
  path: (scene: Scene) => Promise<string> | string,
  all: Through,
  seen: Through,
) =>
  [true, false].map((asAdmin): Pin => ({
    name: `${name}, by an ${asAdmin ? 'ADMIN' : 'OPERATOR'}`,
    run: async (scene) => {
      const headers = asAdmin ? scene.world.admin : scene.operator.headers;
      await scene.app.call('get', await path(scene), headers);
    },
    conversations: asAdmin ? all : seen,
  }));

/** The conversations that a batch of an export looks at. With a filter it is several until a piece is full. */
const EXPORTED = 250;

/** The first batch of an export. */
const exported = (query: string): Pin => ({
  name: `an export ${query}`,
  run: ({ app, world }) =>
    fetch(`${app.url}/api/v1/conversations/export?${query}`, { method: 'HEAD', headers: world.admin }),
  // The ids, a probe for each, and the details.
  conversations: { conversations_pk: 12 * EXPORTED },
});

export const LISTS: Pin[] = [
  ...['', 'state=QUEUED', 'state=RESOLVED'].map(exported),
  ...byActivity('newest'),
  ...byActivity('oldest'),
  ...byPriority,
  {
    name: 'the own queue',
    run: (scene) => followed(scene, '/allocation/queue?limit=20', false),
    conversations: {
      conversations_queue: VISIBLE_INBOXES * HEADS,
      conversations_queue_basis: 2 * UNMARKED,
      conversations_pk: TWO_PAGES,
    },
  },
  ...found(
    'search',
    () => '/conversations/search?phoneNumber=%2B491500000004',
    { conversations_customer: 10, conversations_pk: 10 },
    { conversations_customer: 10, conversations_pk: 10 },
  ),
  ...found(
    'search by a rare part',
    () => '/conversations/search?q=ge-41234',
    { conversations_activity: STATES * (LOOKED_AT + SAMPLED), conversations_pk: 10 },
    {
      conversations_inbox_activity: STATES * (LOOKED_AT + VISIBLE_INBOXES * 9),
      // The sample is that of the tenant.
      conversations_activity: STATES * SAMPLED,
      conversations_held: HELD,
      conversations_pk: 10,
    },
  ),
  ...found(
    'search by a frequent part',
    () => '/conversations/search?q=large',
    { conversations_activity: STATES * LOOKED_AT, conversations_pk: 21 },
    {
      conversations_inbox_activity: STATES * (LOOKED_AT + VISIBLE_INBOXES * 9),
      conversations_held: HELD,
      conversations_pk: 21,
    },
  ),
];

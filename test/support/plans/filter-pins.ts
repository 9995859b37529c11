import { HEADS, INBOXES, list, STATES, TWO_PAGES } from './list-pins.js';
import { HELD, UNMARKED, VISIBLE_INBOXES, type Pin } from './pins.js';

/** What a page looks at where few conversations fulfil filters that have no index of their own. */
const LOOKED_AT = 5_000;
/** Before it looks at that many. */
const LOOKED_AT_FIRST = 600;
export const FILTERED: Pin[] = [
  ...list(
    'in two states of two inboxes',
    ({ inboxes }) => `state=QUEUED,RESOLVED&inboxId=${inboxes[1]!.id},${inboxes[2]!.id}`,
    { conversations_inbox_activity: 2 * 2 * TWO_PAGES },
    { conversations_inbox_activity: 2 * 2 * TWO_PAGES, conversations_held: 2 * HELD },
  ),
  ...list(
    'of two holders',
    ({ operator, world }) => `assignedOperatorId=${operator.id},${world.admin['X-Operator-Id']}`,
    { conversations_held: 2 * HELD },
    { conversations_held: 2 * HELD },
  ),
  ...list(
    'with the last message in an hour',
    () => 'lastMessageFrom=2020-01-01T00:00:00Z&lastMessageTo=2020-01-01T01:00:00Z',
    { conversations_activity: STATES * TWO_PAGES },
    { conversations_inbox_activity: VISIBLE_INBOXES * STATES * TWO_PAGES, conversations_held: HELD },
  ),
  ...list(
    'created before all others',
    () => 'createdTo=2001-01-01T00:00:00Z',
    {
      conversations_activity: 2 * (LOOKED_AT_FIRST + LOOKED_AT + 4 * STATES),
      conversations_pk: 2 * TWO_PAGES,
    },
    {
      conversations_inbox_activity: 2 * (LOOKED_AT_FIRST + LOOKED_AT),
      conversations_held: 4 * HELD,
      conversations_pk: 2 * TWO_PAGES,
    },
  ),
  ...list(
    'with an outcome that none has',
    () => 'outcome=SPAM',
    {
      conversations_activity: 2 * (LOOKED_AT_FIRST + LOOKED_AT + 4 * STATES),
      conversations_pk: 2 * TWO_PAGES,
    },
    {
      conversations_inbox_activity: 2 * (LOOKED_AT_FIRST + LOOKED_AT),
      conversations_held: 4 * HELD,
      conversations_pk: 2 * TWO_PAGES,
    },
  ),
  ...list(
    'resolved before all others',
    () => 'resolvedTo=2001-01-01T00:00:00Z',
    { conversations_activity: TWO_PAGES },
    { conversations_inbox_activity: VISIBLE_INBOXES * TWO_PAGES, conversations_held: HELD },
  ),
  ...list(
    'sort=waiting',
    () => 'sort=waiting',
    { conversations_waiting: 22 * TWO_PAGES + 4 * INBOXES },
    { conversations_waiting: 2 * VISIBLE_INBOXES * TWO_PAGES, conversations_held: HELD },
  ),
  ...list(
    'sort=waiting since long',
    () => 'sort=waiting&waitingSinceTo=2001-01-01T00:00:00Z',
    { conversations_waiting: 4 * INBOXES },
    { conversations_waiting: 4 * INBOXES },
  ),
  ...list(
    'sort=priority created before all others',
    () => 'sort=priority&createdTo=2001-01-01T00:00:00Z',
    {
      conversations_queue: 5 * LOOKED_AT,
      conversations_queue_basis: 4 * UNMARKED,
      conversations_pk: 3 * LOOKED_AT,
    },
    {
      conversations_queue: 5 * LOOKED_AT,
      conversations_queue_basis: 4 * UNMARKED,
      conversations_pk: 3 * LOOKED_AT,
    },
  ),
];

/** With `count=true`: what is counted, and a page. */
const MOST_COUNTED = 10_001;
const MOST_LOOKED_AT = 50_001;
/** Where there are few more than are counted, the planner may sort them all. */
const SORTED = 2 * MOST_COUNTED + TWO_PAGES;
/** The newest conversations that a search looks at before it ends early. */
const MOST_SEARCHED = 20_000;
export const COUNTED: Pin[] = [
  ...list(
    'count=true',
    () => 'limit=1&count=true',
    { conversations_activity: 2 * MOST_COUNTED + STATES * TWO_PAGES },
    {
      conversations_inbox_activity: 2 * MOST_COUNTED + TWO_PAGES * VISIBLE_INBOXES,
      conversations_held: 4 * HELD,
    },
  ),
  ...list(
    'count=true sort=priority',
    () => 'limit=1&count=true&sort=priority',
    {
      conversations_waiting: 2 * MOST_COUNTED,
      conversations_queue: INBOXES * HEADS,
      conversations_queue_basis: 2 * UNMARKED,
    },
    {
      conversations_waiting: 2 * MOST_COUNTED,
      conversations_queue: INBOXES * HEADS,
      conversations_queue_basis: 2 * UNMARKED,
    },
  ),
  ...list(
    'count=true with an outcome that none has',
    () => 'limit=1&count=true&outcome=SPAM',
    {
      conversations_activity: 2 * (LOOKED_AT_FIRST + LOOKED_AT + MOST_LOOKED_AT),
      conversations_pk: 2 * TWO_PAGES,
    },
    {
      conversations_inbox_activity: 2 * (LOOKED_AT_FIRST + LOOKED_AT + MOST_LOOKED_AT),
      conversations_held: 8 * HELD,
      conversations_pk: 2 * TWO_PAGES,
    },
  ),
  {
    name: 'the own queue, counted',
    run: (scene) => scene.get('/allocation/queue?limit=1&count=true', scene.operator.headers),
    conversations: {
      conversations_waiting: MOST_COUNTED + VISIBLE_INBOXES,
      conversations_queue: VISIBLE_INBOXES * HEADS,
      conversations_queue_basis: 2 * UNMARKED,
      conversations_pk: TWO_PAGES,
    },
  },
  {
    name: 'a search by a frequent part, counted',
    run: (scene) => scene.get('/conversations/search?q=large&limit=1&count=true'),
    // It looks at the newest until it would take too long.
    conversations: { conversations_activity: 2 * STATES * MOST_SEARCHED, conversations_pk: MOST_SEARCHED },
    elsewhere: { search_texts: 2 * MOST_SEARCHED },
  },
  {
    name: 'all leads, counted',
    run: (scene) => scene.get('/leads?limit=1&count=true'),
    conversations: {},
    elsewhere: { leads: SORTED },
  },
  {
    name: 'the leads of an OPERATOR, counted',
    run: (scene) => scene.get('/leads?limit=1&count=true', scene.operator.headers),
    conversations: { conversations_inbox_leads: MOST_LOOKED_AT + 400, conversations_held: 2 * HELD },
    elsewhere: { leads: SORTED },
  },
  ...['', '&status=FAILED'].map((filter): Pin => ({
    name: `deliveries${filter}, counted`,
    run: (scene) => scene.get(`/webhooks/${scene.webhookId}/deliveries?limit=1&count=true${filter}`),
    conversations: {},
    // The page has no limit of what it looks at.
    elsewhere: { webhook_deliveries: 2 * MOST_LOOKED_AT },
  })),
  ...['/deadlines', '/grace-periods', '/audit-events', '/operators', '/inboxes'].map((path): Pin => ({
    name: `GET ${path}?count=true`,
    run: (scene) => scene.get(`${path}?limit=1&count=true`),
    conversations: {},
    elsewhere: { deadlines: SORTED, audit_events: SORTED },
  })),
];

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
    { conversations_activity: 2 * (LOOKED_AT_FIRST + LOOKED_AT + STATES), conversations_pk: 2 * TWO_PAGES },
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
    { conversations_waiting: (VISIBLE_INBOXES + 1) * TWO_PAGES, conversations_held: HELD },
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
];

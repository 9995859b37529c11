import type { Client } from 'pg';
import type { ConversationResponse } from '../src/conversations/conversation.js';
import type { ProblemCode } from '../src/http/problem.js';
import type { State } from '../src/ledger/state-machine.js';
import type { InboxResponse } from '../src/inboxes/inbox.js';
import { TestApplication } from './support/application.js';
import { sessionsWaiting } from './support/faults/locks.js';
import { World, type Person } from './support/world.js';

let app: TestApplication;
let world: World;
let inbox: InboxResponse;
let other: InboxResponse;
let holder: Person;
let operator: Person;
let somebody: Client;
beforeAll(async () => {
  app = await TestApplication.start();
  world = await World.create(app);
  [inbox, other] = [await world.inbox(), await world.inbox()];
  holder = await world.operator({ inboxes: [inbox] });
  operator = await world.operator({ inboxes: [inbox] });
  somebody = await app.database.session();
});
afterAll(() => app.stop());

const inState: Record<State, () => Promise<ConversationResponse>> = {
  QUEUED: () => world.queued(inbox),
  ALLOCATED: () => world.allocated(inbox, holder),
  RESOLVED: () => world.resolved(inbox),
};

/** What another transaction makes of it. */
const TO: Record<State, string> = {
  QUEUED: `state = 'QUEUED', assigned_operator_id = null, resolved_at = null, outcome = null, basis_at = now(), queue_key = 1,
    saturated = false`,
  ALLOCATED: `state = 'ALLOCATED', assigned_operator_id = '$holder', resolved_at = null, outcome = null, basis_at = null,
    queue_key = null, saturated = null`,
  RESOLVED: `state = 'RESOLVED', assigned_operator_id = null, resolved_at = now(), basis_at = null, queue_key = null,
    saturated = null`,
};

const CALLS = {
  claim: (conversationId: string) =>
    app.call('post', '/allocation/claim', operator.headers).send({ conversationId }),
  resolve: (conversationId: string) =>
    app.call('post', '/allocation/resolve', world.admin).send({ conversationId }),
  deallocate: (conversationId: string) =>
    app.call('post', '/allocation/deallocate', world.admin).send({ conversationId }),
  reassign: (conversationId: string) =>
    app.call('post', '/allocation/reassign', world.admin).send({ conversationId, operatorId: operator.id }),
  'move-inbox': (conversationId: string) =>
    app.call('post', '/allocation/move-inbox', world.admin).send({ conversationId, inboxId: other.id }),
};
type Call = keyof typeof CALLS;

/** Where each may start, and how it is refused elsewhere. */
const STARTS: Record<Call, { in: readonly State[]; orElse?: ProblemCode }> = {
  claim: { in: ['QUEUED'], orElse: 'CONVERSATION_NOT_QUEUED' },
  resolve: { in: ['QUEUED', 'ALLOCATED'], orElse: 'CONVERSATION_ALREADY_RESOLVED' },
  deallocate: { in: ['ALLOCATED'], orElse: 'CONVERSATION_NOT_ALLOCATED' },
  reassign: { in: ['QUEUED', 'ALLOCATED', 'RESOLVED'] },
  'move-inbox': { in: ['QUEUED', 'ALLOCATED', 'RESOLVED'] },
};

const STATES = Object.keys(TO) as State[];
const CASES = (Object.keys(CALLS) as Call[]).flatMap((call) =>
  STATES.flatMap((seen) => STATES.filter((met) => met !== seen).map((met) => [call, seen, met] as const)),
);

/**
 * The statement of a transition sees the row as it was when it began, waits, and meets another one. PostgreSQL then
 * makes the new row twice, of the one it saw and of the one it met; neither may break a rule of the table.
 */
describe('a conversation that changes while a request waits for it', () => {
  it.each(CASES)('%s: was %s and is %s', async (call, seen, met) => {
    const { id } = await inState[seen]();
    await somebody.query('begin');
    const change = TO[met].replace('$holder', holder.id);
    await somebody.query(`update conversations set ${change}, version = version + 1 where id = $1`, [id]);
    const asked = CALLS[call](id).then((response) => response);
    await sessionsWaiting(app.database, 1);
    await somebody.query('commit');

    const { status, body } = await asked;

    const { in: startsIn, orElse } = STARTS[call];
    if (!startsIn.includes(met)) {
      expect({ status, body }).toMatchObject({ status: 409, body: { code: orElse, state: met } });
    } else {
      expect({ call, status }).toEqual({ call, status: 200 });
      const [entry] = await app.database.rows<{ from_state: State; to_state: State }>(
        'select from_state, to_state from conversation_events where conversation_id = $1 order by version desc limit 1',
        [id],
      );
      const { conversation } = body as { conversation: ConversationResponse };
      expect(entry).toEqual({ from_state: met, to_state: conversation.state });
    }
  });
});

describe('a grace period that begins while a request waits for the conversation', () => {
  it.each(['resolve', 'deallocate', 'reassign', 'move-inbox'] as const)('%s: ends with it', async (call) => {
    const { id } = await inState.ALLOCATED();
    await somebody.query('begin');
    await somebody.query('select from conversations where id = $1 for no key update', [id]);
    await somebody.query(
      `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at) values ($1, $2, 'GRACE', $3, now())`,
      [world.tenantId, id, holder.id],
    );
    const asked = CALLS[call](id).then((response) => response);
    await sessionsWaiting(app.database, 1);
    await somebody.query('commit');

    expect((await asked).status).toBe(200);
    expect(await app.database.rows('select from deadlines where conversation_id = $1', [id])).toEqual([]);
  });
});

import { randomUUID } from 'node:crypto';
import { TheOperatorsDay1795600013000 } from '../migrations/1795600013000-the-operators-day.js';
import { MIGRATIONS } from '../src/database/migrations.js';
import { TestDatabase } from './support/database.js';
import { migrate, revertTo } from './support/migrating.js';

/** What the migration of the operator's day makes of former rows, and what its `down` leaves of new ones. */
let database: TestDatabase;
const [tenant, inbox, olivia] = [randomUUID(), randomUUID(), randomUUID()];
const [waiting, held, resolved] = [randomUUID(), randomUUID(), randomUUID()];

beforeAll(async () => {
  database = await TestDatabase.create();
  await migrate(database, ['run']);
  await back();
});
afterAll(() => database.close());

/** Reverts this migration, and those that came after it before. */
const back = () => revertTo(database, MIGRATIONS.indexOf(TheOperatorsDay1795600013000));

async function conversation(id: string, state: string, more: Record<string, unknown>): Promise<void> {
  const row = {
    tenant_id: tenant,
    id,
    inbox_id: inbox,
    origin_inbox_id: inbox,
    external_conversation_id: id,
    state,
    message_count: 1,
    last_message_at: '2026-11-01T10:00:00Z',
    waiting_since: '2026-11-01T09:00:00Z',
    last_event_id: randomUUID(),
    ...more,
  };
  const columns = Object.keys(row);
  await database.rows(
    `insert into conversations (${columns.join(', ')}) values (${columns.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
}

it('keeps grace periods as deadlines, and knows who awaits a reply', async () => {
  await database.rows(
    `with tenant as (
      insert into tenants (id, name, alpha, beta, grace_period_seconds) values ($1, 'T', 1, 1, 900)
    ), inbox as (
      insert into inboxes (tenant_id, id, name) values ($1, $2, 'Support')
    )
    insert into operators (tenant_id, id, name, role) values ($1, $3, 'Olivia', 'OPERATOR')`,
    [tenant, inbox, olivia],
  );
  await conversation(waiting, 'QUEUED', { basis_at: 'now', queue_key: 0, saturated: false });
  await conversation(held, 'ALLOCATED', { assigned_operator_id: olivia });
  await conversation(resolved, 'RESOLVED', { resolved_at: 'now' });
  await database.rows(
    `insert into grace_periods (tenant_id, conversation_id, operator_id, expires_at)
    values ($1, $2, $3, '2026-12-01T10:00:00Z')`,
    [tenant, held, olivia],
  );

  expect(await migrate(database, ['run'])).toMatchObject({ code: 0 });

  expect(await database.rows('select conversation_id, kind, operator_id, expires_at from deadlines')).toEqual(
    [
      {
        conversation_id: held,
        kind: 'GRACE',
        operator_id: olivia,
        expires_at: new Date('2026-12-01T10:00:00Z'),
      },
    ],
  );
  const rows = await database.rows('select id, awaiting_reply_since as since, is_parked from conversations');
  const since = new Date('2026-11-01T09:00:00Z');
  expect(rows).toHaveLength(3);
  expect(rows).toEqual(
    expect.arrayContaining([
      { id: waiting, since, is_parked: false },
      { id: held, since, is_parked: false },
      { id: resolved, since: null, is_parked: false },
    ]),
  );
});

it('goes back: who is PAUSED becomes OFFLINE, and only grace periods stay', async () => {
  await database.rows(
    `update operators set availability = 'PAUSED', status_reason = 'Lunch', next_status = 'OFFLINE'`,
  );
  await database.rows(`update conversations set is_parked = true where state = 'ALLOCATED'`);
  await database.rows(
    `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at) values ($1, $2, 'PARK', $3, now())`,
    [tenant, held, olivia],
  );

  await back();

  expect(await database.rows('select availability from operators')).toEqual([{ availability: 'OFFLINE' }]);
  expect(await database.rows('select conversation_id from grace_periods')).toEqual([
    { conversation_id: held },
  ]);
  expect(await migrate(database, ['run'])).toMatchObject({ code: 0 });
});

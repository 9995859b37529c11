import { randomUUID } from 'node:crypto';
import { newId } from '../src/database/id.js';
import { MIGRATIONS } from '../src/database/migrations.js';
import { matchKey } from '../src/customers/match-key.js';
import { TestDatabase } from './support/database.js';
import { migrate, revertTo } from './support/migrating.js';

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(() => database.close());

const tenant = randomUUID();
const [support, sales, olivia] = [randomUUID(), randomUUID(), randomUUID()];

/** To before threads were known by their inbox. */
const INDEX = MIGRATIONS.findIndex(({ name }) => name.startsWith('ThreadsAndCustomers'));

/** Reverts the later migrations, and with `whole` this one too. */
const goBack = ({ whole } = { whole: true }) => revertTo(database, whole ? INDEX : INDEX + 1);

async function fill(): Promise<void> {
  await database.rows(
    `with tenant as (
      insert into tenants (id, name, alpha, beta, grace_period_seconds) values ($1, 'T', 1, 1, 0)
    ), inbox as (
      insert into inboxes (tenant_id, id, name) values ($1, $2, 'Support'), ($1, $3, 'Sales')
    )
    insert into operators (tenant_id, id, name, role) values ($1, $4, 'Olivia', 'OPERATOR')`,
    [tenant, support, sales, olivia],
  );
}

type Step = [type: string, state: string, inbox: string, operator?: string];

/** A conversation of the former version with its ledger. The last step is the present. */
async function lived(
  externalId: string,
  steps: Step[],
  fields: { messages?: number; number?: string; ids?: number } = {},
): Promise<string> {
  const id = randomUUID();
  const { messages = 1, number = '+4915112345678', ids = 0 } = fields;
  const [, state, inbox, operator = null] = steps.at(-1)!;
  const isQueued = state === 'QUEUED';
  const wasResolved = steps.some(([type]) => type === 'resolved') && state !== 'RESOLVED';
  await database.rows(
    `insert into conversations (tenant_id, id, inbox_id, external_conversation_id, customer_phone_number, state,
      assigned_operator_id, message_count, last_message_at, waiting_since, basis_at, saturated, queue_key, version,
      last_event_id, resolved_at, last_resolved_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, now(), now(), case when $9 then now() end, case when $9 then false end,
      case when $9 then 0 end, $10, $2, case when $6 = 'RESOLVED' then now() end, case when $11 then now() end)`,
    [tenant, id, inbox, externalId, number, state, operator, messages, isQueued, steps.length, wasResolved],
  );
  let before: Step | undefined;
  for (const [i, step] of steps.entries()) {
    await database.rows(
      `insert into conversation_events (tenant_id, id, type, occurred_at, conversation_id, inbox_id, version, actor_type,
        reason, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id, to_inbox_id)
      values ($1, gen_random_uuid(), $2, now() - $3::integer * interval '1 hour', $4, $5, $6, 'SYSTEM', '-', $7, $8, $9, $10,
        $11, $5)`,
      [
        tenant,
        `conversation.${step[0]}`,
        steps.length - i,
        id,
        step[2],
        i + 1,
        before?.[1] ?? null,
        before?.[3] ?? null,
        before?.[2] ?? null,
        step[1],
        step[3] ?? null,
      ],
    );
    before = step;
  }
  await database.rows(
    `insert into processed_messages (tenant_id, external_conversation_id, message_id)
    select $1, $2, 'm-' || n from generate_series(1, $3) n`,
    [tenant, externalId, ids],
  );
  return id;
}

const run = async () => {
  const { code, told } = await migrate(database, ['run']);
  expect({ code, told: code === 0 ? [] : told }).toEqual({ code: 0, told: [] });
};

describe('a database of before threads were known by their inbox', () => {
  it('gets origins, counts and last operators from its ledger', async () => {
    await goBack();
    await fill();
    await lived('plain', [['created', 'QUEUED', support]], { messages: 3 });
    await lived('moved', [
      ['created', 'QUEUED', support],
      ['moved', 'QUEUED', sales],
    ]);
    await lived('moved twice', [
      ['created', 'QUEUED', support],
      ['moved', 'QUEUED', sales],
      ['moved', 'QUEUED', support],
    ]);
    const resolved: Step[] = [
      ['created', 'QUEUED', support],
      ['claimed', 'ALLOCATED', support, olivia],
      ['resolved', 'RESOLVED', support],
    ];
    await lived('resolved', resolved);
    await lived('moved after', [...resolved, ['moved', 'RESOLVED', sales]]);
    await lived('never held', [
      ['created', 'QUEUED', support],
      ['resolved', 'RESOLVED', support],
    ]);
    const reopened: Step[] = [...resolved, ['reopened', 'QUEUED', support]];
    await lived('reopened', reopened, { messages: 9 });
    await lived('reopened with ids', reopened, { messages: 9, ids: 4 });
    await lived('reopened with all ids', reopened, { messages: 3, ids: 3 });
    await lived('taken', [...reopened, ['claimed', 'ALLOCATED', support, olivia]], { messages: 2 });

    await run();

    const rows = await database.rows(
      `select external_conversation_id as thread, origin_inbox_id as origin, waiting_message_count as waiting,
        last_operator_id as last
      from conversations order by external_conversation_id collate "C"`,
    );
    const row = (thread: string, origin: string, waiting: number, last: string | null = null) => ({
      thread,
      origin,
      waiting,
      last,
    });
    expect(rows).toEqual(
      [
        row('plain', support, 3),
        row('moved', support, 1),
        row('moved twice', support, 1),
        row('resolved', support, 1, olivia),
        row('moved after', support, 1, olivia),
        row('never held', support, 1),
        row('reopened', support, 1),
        row('reopened with ids', support, 4),
        row('reopened with all ids', support, 2),
        row('taken', support, 1),
      ].sort((a, b) => (a.thread < b.thread ? -1 : 1)),
    );
    // Keys of the former count are not read until a job has written them again.
    const [ranking] = await database.rows<{ is_left: boolean }>(
      'select reranked_up_to is not null as is_left from tenants',
    );
    expect(ranking).toEqual({ is_left: true });
  });

  it('gets the keys of numbers as the service makes them', async () => {
    await goBack();
    await fill();
    const numbers = [
      '+4915112345678',
      '+5215512345678',
      '+525512345678',
      '+5491123456789',
      '+541123456789',
      '+551187654321',
      '+5511987654321',
      '+551123456789',
      '+22997123456',
      '+2290197123456',
      '+22507123456',
      '+2250707123456',
      '+22521812345',
      '+22520012345',
      '+22527312345',
      '+22505412345',
      '+22509123456',
    ];
    for (const number of numbers) await lived(number, [['created', 'QUEUED', support]], { number });
    await run();
    const rows = await database.rows<{ number: string; key: string }>(
      'select customer_phone_number as number, phone_key as key from conversations',
    );
    expect(new Map(rows.map(({ number, key }) => [number, key]))).toEqual(
      new Map(numbers.map((number) => [number, matchKey(number)])),
    );
  });

  it('keeps the ids of messages with the inbox of their thread', async () => {
    await goBack();
    await fill();
    const moved: Step[] = [
      ['created', 'QUEUED', support],
      ['moved', 'QUEUED', sales],
    ];
    await lived('moved', moved, { ids: 2 });
    await run();
    expect(
      await database.rows(
        'select message_id as id, origin_inbox_id as origin from processed_messages order by 1',
      ),
    ).toEqual([
      { id: 'm-1', origin: support },
      { id: 'm-2', origin: support },
    ]);
  });

  it('knows leads by their ids and numbers, the first of each', async () => {
    await goBack();
    await fill();
    const lead = async (externalId: string, phone: string | null) => {
      const id = newId();
      await database.rows('insert into leads (tenant_id, id, external_id, phone) values ($1, $2, $3, $4)', [
        tenant,
        id,
        externalId,
        phone,
      ]);
      return id;
    };
    const [a, b, c] = [
      await lead('a', '+5215512345678'),
      await lead('b', '+525512345678'),
      await lead('c', null),
    ];
    for (const [of, number] of [
      [c, '+5215512345678'],
      [c, '+4915112340001'],
      [b, '+4915112340002'],
    ] as const) {
      const id = await lived(`${of} ${number}`, [['created', 'QUEUED', support]], { number });
      await database.rows('update conversations set lead_id = $2 where id = $1', [id, of]);
    }
    await run();
    expect(await database.rows('select kind, key, lead_id from lead_keys order by 1, 2')).toEqual([
      { kind: 'ID', key: 'a', lead_id: a },
      { kind: 'ID', key: 'b', lead_id: b },
      { kind: 'ID', key: 'c', lead_id: c },
      // The lead who has b writes from another number than their own.
      { kind: 'PHONE', key: '+4915112340001', lead_id: c },
      { kind: 'PHONE', key: '+525512345678', lead_id: a },
    ]);
    const keys = await database.rows('select external_id as id, phone_key as key from leads order by 1');
    expect(keys).toEqual([
      { id: 'a', key: '+525512345678' },
      { id: 'b', key: '+525512345678' },
      { id: 'c', key: null },
    ]);

    // What only this version knows goes, or becomes what the former one can keep.
    const [unknown, merged] = [newId(), newId()];
    await database.rows(
      'insert into leads (tenant_id, id, merged_into_id) values ($1, $2, null), ($1, $3, $4)',
      [tenant, unknown, merged, a],
    );
    await goBack();
    const left = await database.rows<{ id: string }>('select external_id as id from leads order by 1');
    expect(left.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', unknown].sort());
    await run();
    expect(await database.rows('select 1 from lead_keys')).toHaveLength(6);
  });

  it('gets all its conversations into the search, and labels that nobody created', async () => {
    await goBack();
    await fill();
    const ids: string[] = [];
    for (const thread of ['one', 'two', 'three'])
      ids.push(await lived(thread, [['created', 'QUEUED', support]]));
    const label = `insert into labels (tenant_id, id, inbox_id, name) values ($1, gen_random_uuid(), $2, 'VIP')`;
    await database.rows(label, [tenant, support]);
    await run();
    const noted = await database.rows(
      'select tenant_id as tenant, conversation_ids as ids from search_backlog',
    );
    expect(noted).toEqual([{ tenant, ids: ids.sort() }]);
    expect(await database.rows('select created_by from labels')).toEqual([{ created_by: null }]);
  });

  it('is not left behind while one external id has two threads', async () => {
    await fill();
    for (const inbox of [support, sales])
      await database.rows(
        `insert into conversations (tenant_id, id, inbox_id, origin_inbox_id, external_conversation_id, state,
          message_count, waiting_message_count, last_message_at, waiting_since, last_event_id, resolved_at)
        values ($1, gen_random_uuid(), $2, $2, 'thread-1', 'RESOLVED', 1, 1, now(), now(), gen_random_uuid(), now())`,
        [tenant, inbox],
      );
    await database.rows(`update conversations set customer_phone_number = '+4915112345678'`);
    await goBack({ whole: false });
    const { code } = await migrate(database, ['revert', '--yes']);
    expect(code).toBe(1);
    expect(await database.rows('select 1 from conversations')).toHaveLength(2);
    await database.rows('delete from conversations where inbox_id = $1', [sales]);
    expect(await migrate(database, ['revert', '--yes'])).toMatchObject({ code: 0 });
  });
});

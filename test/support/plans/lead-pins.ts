import { LeadMerges } from '../../../src/leads/lead-merges.js';
import { Retention } from '../../../src/leads/retention.js';
import { found, leadOf } from './list-pins.js';
import { HELD, VISIBLE_INBOXES, type Pin } from './pins.js';
import type { Scene } from './scene.js';

const INBOXES = 20;
/** A page of leads, and one more row for `hasMore`. */
const PAGE = 21;

/** Two leads of the large tenant; before it is large, nobody. */
async function twoLeads(scene: Scene): Promise<[string, string]> {
  const rows = await scene.sql<{ id: string }>(
    `select distinct lead_id as id from (
      select lead_id from conversations where tenant_id = $1 and inbox_id = $2 and lead_id is not null limit 20) l
    limit 2`,
    scene.world.tenantId,
    scene.inboxes[0]!.id,
  );
  const nobody = scene.operator.id;
  return [rows[0]?.id ?? nobody, rows[1]?.id ?? scene.receiver.id];
}

async function merge(scene: Scene): Promise<[string, string]> {
  const [from, into] = await twoLeads(scene);
  await scene.app
    .call('post', `/leads/${from}/merge`, scene.world.admin)
    .send({ intoLeadId: into })
    .expect(({ status, text }) => {
      if (status !== 200 && status !== 404) throw new Error(`the merge got ${status}: ${text}`);
    });
  return [from, into];
}

export const LEADS: Pin[] = [
  ...found('GET /leads', () => '/leads', {}, { conversations_inbox_leads: 400, conversations_held: HELD }),
  ...found(
    'GET /leads?include=conversations',
    () => '/leads?include=conversations',
    { conversations_inbox_leads: 10 * PAGE, conversations_pk: 10 * PAGE },
    { conversations_inbox_leads: 400 + 10 * PAGE, conversations_held: 2 * HELD, conversations_pk: 10 * PAGE },
  ),
  ...found(
    'GET /leads by number',
    () => '/leads?phone=%2B491500000006',
    { conversations_customer: 10 },
    { conversations_customer: 10, conversations_inbox_leads: 20, conversations_held: HELD },
  ),
  ...['email=lead6%40example.org', 'externalId=crm-6'].flatMap((filter) =>
    found(
      `GET /leads?${filter}`,
      () => `/leads?${filter}`,
      {},
      { conversations_inbox_leads: 20, conversations_held: HELD },
    ),
  ),
  ...found(
    'a lead',
    async (scene) => `/leads/${await leadOf(scene)}`,
    { conversations_inbox_leads: 20, conversations_pk: 20 },
    { conversations_inbox_leads: 20, conversations_held: HELD, conversations_pk: 20 },
  ),
  {
    name: 'a change of a lead',
    run: async (scene) => {
      await scene.app
        .call('patch', `/leads/${await leadOf(scene)}`, scene.world.admin)
        .send({ phone: '+4915112345678', email: 'carla@customer.example' });
    },
    conversations: {},
  },
  {
    name: 'a merge of two leads',
    run: async (scene) => {
      await merge(scene);
    },
    conversations: { conversations_inbox_leads: 40, conversations_pk: 80 },
  },
  {
    name: 'the rest of a merge',
    run: async (scene) => {
      const [from, into] = await twoLeads(scene);
      await scene.sql(
        `update leads set merged_into_id = $2, is_merging = true
        where id = $1 and exists (select 1 from leads where id = $2)`,
        from,
        into,
      );
      await scene.app.run(LeadMerges);
    },
    conversations: { conversations_inbox_leads: INBOXES * VISIBLE_INBOXES, conversations_pk: 80 },
  },
  {
    name: 'an erasure of a lead',
    run: async (scene) => {
      const [, lead] = await twoLeads(scene);
      await scene.app.call('delete', `/leads/${lead}`, scene.world.admin);
    },
    conversations: {
      conversations_inbox_leads: 2 * INBOXES + 40,
      conversations_pk: 120,
      conversations_thread: 40,
    },
  },
  {
    name: 'the retention of a tenant',
    run: async (scene) => {
      // Longer than anything here is old, except what is made so.
      await scene.sql('update tenants set retention_days = 9000 where id = $1', scene.world.tenantId);
      await scene.sql(
        `with old as (
          update conversations set resolved_at = '2000-01-01' where tenant_id = $1 and id in (
            select id from conversations where tenant_id = $1 and state = 'RESOLVED' limit 20)
          returning id)
        update conversation_events set occurred_at = '2000-01-01'
        where tenant_id = $1 and type = 'conversation.resolved' and conversation_id in (select id from old)`,
        scene.world.tenantId,
      );
      await scene.app.run(Retention);
    },
    conversations: {
      conversations_inbox_leads: 20 * (INBOXES + 40),
      conversations_pk: 400,
      conversations_thread: 100,
    },
  },
];

import { v7 as uuid } from 'uuid';
import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import { KEY_SCOPES } from '../../src/access/key-scopes.js';
import type { Headers } from './application.js';
import { fold, unfolded } from './story.js';
import type { Person, World } from './world.js';

/** Every table that belongs to tenants. */
export const TENANT_TABLES = [
  'activity_series',
  'activity_totals',
  'api_keys',
  'audit_events',
  'bulk_items',
  'bulk_plans',
  'conversation_events',
  'conversation_labels',
  'conversations',
  'deadlines',
  'declines',
  'ended_waits',
  'event_tickets',
  'feed_backlog',
  'feed_positions',
  'first_replies',
  'folded_up_to',
  'former_phone_keys',
  'idempotency_keys',
  'inboxes',
  'labels',
  'lead_keys',
  'leads',
  'left_leads',
  'missed_acceptances',
  'operator_presence',
  'operators',
  'outlook_paces',
  'outlook_progress',
  'outlooks',
  'presence_sweeps',
  'processed_messages',
  'queue_depths',
  'rate_limits',
  'resolution_times',
  'retention_progress',
  'search_backlog',
  'search_texts',
  'signed_requests',
  'subscriptions',
  'unattended_inboxes',
  'webhook_deliveries',
  'webhooks',
] as const;

/** Readers of the feed, searches and outlooks write these tables, which does not change the tenant. */
const WRITTEN_BY_READERS: readonly string[] = [
  'feed_backlog',
  'feed_positions',
  'outlook_paces',
  'outlook_progress',
  'outlooks',
  'search_backlog',
  'search_texts',
];

/** Tables whose rows change only when the tenant changes. */
export const CHANGED_TABLES = TENANT_TABLES.filter((table) => !WRITTEN_BY_READERS.includes(table));

/** Entries of the feed, with and without a position, as rows (tenant_id, event_id). */
export const IN_FEED = `(
  select tenant_id, event_id from feed_positions
  union all
  select b.tenant_id, u.id from feed_backlog b cross join lateral unnest(b.event_ids) as u (id))`;

export interface FullTenant {
  world: World;
  inbox: InboxResponse;
  operator: Person;
  manager: Person;
  /** With an API key that has every scope. */
  service: Headers;
  waiting: ConversationResponse;
  held: ConversationResponse;
  resolved: ConversationResponse;
  labelId: string;
  leadId: string;
  /** A lead without a conversation. */
  otherLeadId: string;
  leadEmail: string;
  apiKeyId: string;
  apiKey: string;
  webhookId: string;
  webhookSecret: string;
  deliveryId: string;
  bulkId: string;
  /** A word in every text of customers and administrators. */
  word: string;
  inboxPhone: string;
  customerPhone: string;
}

/** A tenant with rows in every table. @param word that all its texts contain */
export async function fillTenant(world: World, word: string): Promise<FullTenant> {
  const digits = String([...word].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7) % 1e6).padStart(
    6,
    '0',
  );
  const inboxPhone = `+4930901${digits}`;
  const customerPhone = `+4915112${digits}`;
  const inbox = await world.inbox({
    name: `${word} inbox`,
    phoneNumber: inboxPhone,
    description: `of ${word}`,
  });
  const operator = await world.operator({ inboxes: [inbox], externalId: `${word} operator` });
  const manager = await world.operator({ role: 'MANAGER', inboxes: [inbox] });
  const service = await world.service(KEY_SCOPES);
  const thread = (name: string) => ({ externalId: `${word}-${name}`, phone: customerPhone });
  const waiting = await world.queued(inbox, thread('waiting'));
  const held = await world.allocated(inbox, operator, thread('held'));
  const leadEmail = `${word}@customer.example`;
  const { body } = await world.app
    .call('post', '/orchestrator/messages', world.orchestrator)
    .send({
      externalConversationId: waiting.externalConversationId,
      inboxId: inbox.id,
      customerPhoneNumber: customerPhone,
      displayName: `${word} customer`,
      messageId: `${word}-message`,
      lead: { externalId: `${word}-lead`, name: `${word} lead`, email: leadEmail, phone: customerPhone },
    })
    .expect(200);
  const { leadId } = (body as { conversation: { leadId: string } }).conversation;
  const otherLeadId = uuid();
  const other = 'insert into leads (tenant_id, id, external_id) values ($1, $2, $3)';
  await world.app.database.rows(other, [world.tenantId, otherLeadId, `${word}-other`]);
  // The holder is AVAILABLE, so this grace period never ends.
  const grace = `insert into deadlines (tenant_id, conversation_id, kind, operator_id, expires_at)
    values ($1, $2, 'GRACE', $3, now() + interval '1 day')`;
  await world.app.database.rows(grace, [world.tenantId, held.id, operator.id]);
  const decline = `insert into declines (tenant_id, conversation_id, operator_id, declined_until)
    values ($1, $2, $3, now() + interval '1 day')`;
  await world.app.database.rows(decline, [world.tenantId, waiting.id, operator.id]);
  const presence =
    'insert into operator_presence (tenant_id, operator_id, present_until) values ($1, $2, now())';
  await world.app.database.rows(presence, [world.tenantId, operator.id]);
  const swept = 'insert into presence_sweeps (tenant_id, swept_at) values ($1, now())';
  await world.app.database.rows(swept, [world.tenantId]);
  const missed = 'insert into missed_acceptances (tenant_id, operator_id, in_a_row) values ($1, $2, 1)';
  await world.app.database.rows(missed, [world.tenantId, operator.id]);
  const unattended = 'insert into unattended_inboxes (tenant_id, inbox_id, since) values ($1, $2, now())';
  await world.app.database.rows(unattended, [world.tenantId, inbox.id]);
  const former = 'insert into former_phone_keys (tenant_id, phone_key, conversation_id) values ($1, $2, $3)';
  await world.app.database.rows(former, [world.tenantId, `+4915113${digits}`, held.id]);
  const labelId = uuid();
  const label = 'insert into labels (tenant_id, id, inbox_id, name) values ($1, $2, $3, $4)';
  await world.app.database.rows(label, [world.tenantId, labelId, inbox.id, `${word} label`]);
  const attach = `insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
    select c.tenant_id, c.id, $3, c.last_message_at from conversations c where c.tenant_id = $1 and c.id = $2`;
  await world.app.database.rows(attach, [world.tenantId, waiting.id, labelId]);
  const resolution = `insert into resolution_times (tenant_id, operator_id, resolved_at, event_id, microseconds)
    values ($1, $2, now(), $3, 1)`;
  await world.app.database.rows(resolution, [world.tenantId, operator.id, uuid()]);
  const wait = `insert into ended_waits (tenant_id, inbox_id, ended_at, event_id, is_given, microseconds)
    values ($1, $2, now(), $3, true, 1)`;
  await world.app.database.rows(wait, [world.tenantId, inbox.id, uuid()]);
  const reply = `insert into first_replies (tenant_id, inbox_id, replied_at, conversation_id, microseconds)
    values ($1, $2, now(), $3, 1)`;
  await world.app.database.rows(reply, [world.tenantId, inbox.id, held.id]);
  await world.app.call('get', `/conversations/${waiting.id}/outlook`, world.admin).expect(200);
  const outlook = `insert into outlooks (tenant_id, id, conversation_id, inbox_id, version, asked_at, place,
      expected_seconds)
    values ($1, $2, $3, $4, 1, now(), 1, 60)`;
  await world.app.database.rows(outlook, [world.tenantId, uuid(), waiting.id, inbox.id]);
  const { body: made } = await world.app
    .call('post', '/api-keys', { ...world.admin, 'Idempotency-Key': word })
    .send({ name: `${word} service`, requestSigning: true })
    .expect(201);
  const { id: apiKeyId, key: apiKey } = made as { id: string; key: string };
  const signed = `insert into signed_requests (tenant_id, api_key_id, request_id, expires_at)
    values ($1, $2, $3, now() + interval '1 day')`;
  await world.app.database.rows(signed, [world.tenantId, apiKeyId, `${word}-request`]);
  await world.app.database.rows('insert into left_leads (tenant_id, lead_id) values ($1, $2)', [
    world.tenantId,
    otherLeadId,
  ]);
  const progress = 'insert into retention_progress (tenant_id, occurred_at, event_id) values ($1, now(), $2)';
  await world.app.database.rows(progress, [world.tenantId, uuid()]);
  const ticket = `insert into event_tickets (tenant_id, secret_hash, operator_id, expires_at)
    values ($1, sha256($2::text::bytea), $3, now() + interval '1 day')`;
  await world.app.database.rows(ticket, [world.tenantId, word, operator.id]);
  const bulkId = uuid();
  const plan = `insert into bulk_plans (tenant_id, id, action, reason, expires_at)
    values ($1, $2, '{"type": "deallocate"}', $3, now() + interval '1 day')`;
  await world.app.database.rows(plan, [world.tenantId, bulkId, `${word} reason`]);
  const item = `insert into bulk_items (tenant_id, plan_id, position, conversation_id, version, to_state, to_inbox_id, changes)
    values ($1, $2, 1, $3, $4, 'QUEUED', $5, true)`;
  await world.app.database.rows(item, [world.tenantId, bulkId, held.id, held.version, inbox.id]);
  const limit = `insert into rate_limits (tenant_id, principal, window_ends_at, used) values ($1, $2, now(), 1)`;
  await world.app.database.rows(limit, [world.tenantId, `key:${apiKeyId}`]);
  const { body: hook } = await world.app
    .call('post', '/webhooks', world.admin)
    // An IP address, so that no name needs to be resolved.
    .send({ url: `https://93.184.215.14/${word}`, description: `${word} receiver` })
    .expect(201);
  const { id: webhookId, secret: webhookSecret } = hook as { id: string; secret: string };
  const deliveryId = uuid();
  const delivery = `insert into webhook_deliveries (tenant_id, webhook_id, id, position, event_id, event_type, body,
      last_response)
    values ($1, $2, $3, 3, $4, 'conversation.created', $5, $5)`;
  await world.app.database.rows(delivery, [world.tenantId, webhookId, deliveryId, uuid(), `${word} body`]);
  await fold(world, await unfolded(world));
  // Stores the texts of all conversations so far.
  await world.app.call('get', `/conversations/search?q=${word}`, world.admin).expect(200);
  // Must be last, so that some entries have no position in the feed, and a conversation is not in the index.
  const resolved = await world.resolved(inbox, thread('resolved'));
  return {
    world,
    inbox,
    operator,
    manager,
    service,
    waiting,
    held,
    resolved,
    labelId,
    leadId,
    otherLeadId,
    leadEmail,
    apiKeyId,
    apiKey,
    webhookId,
    webhookSecret,
    deliveryId,
    bulkId,
    word,
    inboxPhone,
    customerPhone,
  };
}

/** A text that changes when a row of the tenant changes. */
export async function digestOf({ app, tenantId }: World): Promise<string> {
  const tables = [
    ...CHANGED_TABLES.map((table) => [table, 'tenant_id', table] as const),
    ['tenants', 'id', 'tenants'] as const,
    ['feed', 'tenant_id', IN_FEED] as const,
  ];
  const union = tables
    .map(
      ([name, key, rows]) =>
        `select '${name}' as t, to_jsonb(r)::text as row from ${rows} r where r.${key} = $1`,
    )
    .join(' union all ');
  const [digest] = await app.database.rows<{ digest: string }>(
    `select count(*) || ' ' || md5(string_agg(t || row, ' ' order by t, row)) as digest from (${union}) everything`,
    [tenantId],
  );
  return digest!.digest;
}

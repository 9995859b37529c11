import { randomUUID } from 'node:crypto';
import type { InboxResponse } from '../../../src/inboxes/inbox.js';
import { point, run, type Break, type Shop } from './break.js';

const label = ({ app, world }: Shop, inbox: InboxResponse): Promise<string> =>
  made(
    app,
    `insert into labels (tenant_id, id, inbox_id, name) values ($1, $2, $3, 'VIP')`,
    world.tenantId,
    inbox.id,
  );

const lead = ({ app, world }: Shop): Promise<string> =>
  made(app, `insert into leads (tenant_id, id, external_id) values ($1, $2, 'lead')`, world.tenantId);

const merged = async (shop: Shop): Promise<string> => {
  const [from, into] = [await lead(shop), await lead(shop)];
  return run(shop, from, 'update leads set merged_into_id = $2 where id = $1', into);
};

const erased = async (shop: Shop): Promise<string> =>
  run(shop, await lead(shop), 'update leads set erased_at = now(), external_id = null where id = $1');

const knownBy = (shop: Shop, leadId: string) =>
  run(
    shop,
    leadId,
    `insert into lead_keys (tenant_id, kind, key, lead_id) values ($2, 'PHONE', '+4915112345678', $1)`,
    shop.world.tenantId,
  );

async function made(app: Shop['app'], insert: string, tenantId: string, ...more: unknown[]): Promise<string> {
  const id = randomUUID();
  await app.database.rows(insert, [tenantId, id, ...more]);
  return id;
}

const attach = (shop: Shop, conversationId: string, labelId: string) =>
  run(
    shop,
    conversationId,
    `insert into conversation_labels (tenant_id, conversation_id, label_id, last_message_at)
    select $2, $1, $3, coalesce(max(c.last_message_at), now()) from conversations c where c.tenant_id = $2 and c.id = $1`,
    shop.world.tenantId,
    labelId,
  );

/** Faults that point to a row of another tenant. */
export const TENANCY_BREAKS: Record<string, Break> = {
  'a conversation in an inbox of another tenant': {
    breakIt: (shop, { inbox }) => point(shop, shop.queued, 'inbox_id', inbox.id),
    names: ['conversations-inbox-in-tenant', 'ledger-replays-to-the-present', 'queue-depth-as-counted'],
  },
  'a thread that came in by an inbox of another tenant': {
    breakIt: (shop, { inbox }) => point(shop, shop.queued, 'origin_inbox_id', inbox.id),
    names: ['conversations-origin-inbox-in-tenant'],
  },
  'the presence of an operator of another tenant': {
    breakIt: (shop, { holder }) =>
      run(
        shop,
        holder.id,
        'insert into operator_presence (tenant_id, operator_id, present_until) values ($2, $1, now())',
        shop.world.tenantId,
      ),
    names: ['operator-presence-operator-in-tenant'],
  },
  'a last operator of another tenant': {
    breakIt: (shop, { holder }) => point(shop, shop.resolved, 'last_operator_id', holder.id),
    names: ['conversations-last-operator-in-tenant'],
  },
  'a holder of another tenant': {
    breakIt: (shop, { holder }) => point(shop, shop.allocated, 'assigned_operator_id', holder.id),
    names: ['conversations-assigned-operator-in-tenant', 'ledger-replays-to-the-present'],
  },
  'a lead of another tenant': {
    breakIt: async (shop, neighbour) => point(shop, shop.queued, 'lead_id', await lead(neighbour)),
    names: ['conversations-lead-in-tenant'],
  },
  'a lead that was merged into one of another tenant': {
    breakIt: async (shop, neighbour) => {
      const [mine, theirs] = [await lead(shop), await lead(neighbour)];
      // The foreign key does not allow it.
      await shop.app.database.rows('alter table leads drop constraint if exists leads_merged_into_fk');
      return run(shop, mine, 'update leads set merged_into_id = $2 where id = $1', theirs);
    },
    names: ['leads-merged-into-in-tenant'],
  },
  'a number of a lead of another tenant': {
    breakIt: async (shop, neighbour) => knownBy(shop, await lead(neighbour)),
    names: ['lead-keys-lead-in-tenant'],
  },
  'a merged lead that is known by a number': {
    breakIt: async (shop) => knownBy(shop, await merged(shop)),
    names: ['merged-leads-have-no-keys'],
  },
  'a conversation of a merged lead': {
    breakIt: async (shop) => point(shop, shop.queued, 'lead_id', await merged(shop)),
    names: ['merged-leads-have-no-conversations'],
  },
  'a key of an erased lead': {
    breakIt: async (shop) => knownBy(shop, await erased(shop)),
    names: ['erased-leads-have-nothing'],
  },
  'a conversation of an erased lead': {
    breakIt: async (shop) => {
      const id = await erased(shop);
      await point(shop, shop.queued, 'lead_id', id);
      return id;
    },
    names: ['erased-leads-have-nothing'],
  },
  'an erased conversation with a subject': {
    breakIt: async ({ app, resolved }) => {
      const of = resolved.id;
      const erase = `update %t set external_conversation_id = erased_thread($1)`;
      await app.database.rows(`${erase.replace('%t', 'conversation_events')} where conversation_id = $1`, [
        of,
      ]);
      await app.database.rows(
        `${erase.replace('%t', 'conversations')}, subject = 'Carla', customer_phone_number = null, phone_key = null,
          customer_address = null, display_name = null, lead_id = null where id = $1`,
        [of],
      );
      return of;
    },
    names: ['erased-conversations-have-no-customer'],
  },
  'a grace period of a conversation of another tenant': {
    breakIt: async (shop, { kept }) => {
      const statement = 'update deadlines set conversation_id = $2 where conversation_id = $1';
      await run(shop, shop.kept.id, statement, kept.id);
      return kept.id;
    },
    names: ['absent-holder-has-grace-period', 'deadline-of-the-holder', 'deadlines-conversation-in-tenant'],
  },
  'a grace period of an operator of another tenant': {
    breakIt: (shop, { absent }) =>
      run(shop, shop.kept.id, 'update deadlines set operator_id = $2 where conversation_id = $1', absent.id),
    names: ['deadline-of-the-holder', 'deadlines-operator-in-tenant'],
  },
  'a decline of an operator of another tenant': {
    breakIt: (shop, { absent }) =>
      run(
        shop,
        shop.queued.id,
        `insert into declines (tenant_id, conversation_id, operator_id, declined_until)
        select tenant_id, id, $2, now() from conversations where id = $1`,
        absent.id,
      ),
    names: ['declines-before-declined-until', 'declines-operator-in-tenant'],
  },
  'a decline of a conversation of another tenant': {
    breakIt: async (shop, { kept }) => {
      const statement = `insert into declines (tenant_id, conversation_id, operator_id, declined_until)
        select tenant_id, $2, id, now() from operators where id = $1`;
      await run(shop, shop.holder.id, statement, kept.id);
      return kept.id;
    },
    names: ['declines-conversation-in-tenant'],
  },
  'a subscription to an inbox of another tenant': {
    breakIt: (shop, { inbox }) =>
      run(shop, shop.holder.id, 'update subscriptions set inbox_id = $2 where operator_id = $1', inbox.id),
    names: ['subscriptions-inbox-in-tenant'],
  },
  'a subscription of an operator of another tenant': {
    breakIt: async (shop, { absent }) => {
      const statement = 'update subscriptions set operator_id = $2 where operator_id = $1';
      await run(shop, shop.absent.id, statement, absent.id);
      return absent.id;
    },
    names: ['subscriptions-operator-in-tenant'],
  },
  'a label of an inbox of another tenant': {
    breakIt: async (shop, { inbox }) => label(shop, inbox),
    names: ['labels-inbox-in-tenant'],
  },
  'a label on a conversation of another tenant': {
    breakIt: async (shop, { queued }) => attach(shop, queued.id, await label(shop, shop.inbox)),
    names: ['conversation-labels-conversation-in-tenant'],
  },
  'a label of another tenant': {
    breakIt: async (shop, neighbour) => attach(shop, shop.queued.id, await label(neighbour, neighbour.inbox)),
    names: ['conversation-labels-label-in-tenant'],
  },
  'a label of another inbox': {
    breakIt: async (shop) => attach(shop, shop.queued.id, await label(shop, shop.other)),
    names: ['labels-of-the-own-inbox'],
  },
  'a label that says another last message': {
    breakIt: async (shop) => {
      await attach(shop, shop.queued.id, await label(shop, shop.inbox));
      const later = `update conversation_labels set last_message_at = last_message_at + interval '1 microsecond'`;
      return run(shop, shop.queued.id, `${later} where conversation_id = $1`);
    },
    names: ['last-message-as-at-labels'],
  },
};

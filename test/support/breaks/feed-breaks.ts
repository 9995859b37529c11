import { randomUUID } from 'node:crypto';
import { assignPositions } from '../story.js';
import type { Break, Shop } from './break.js';

/** The entry that the holder became AVAILABLE, which the statistics do not count. */
async function coming({ app, world, holder }: Shop): Promise<string> {
  const [entry] = await app.database.rows<{ id: string }>(
    `select id from conversation_events where tenant_id = $1 and to_operator_id = $2 and type = 'operator.available'`,
    [world.tenantId, holder.id],
  );
  return entry!.id;
}

/** Runs a statement with the tenant, $1, and an entry, $2, when all entries have their positions. @returns the entry */
async function inFeed(shop: Shop, entryId: string, statement: string): Promise<string> {
  await assignPositions(shop.world);
  await shop.app.database.rows(statement, [shop.world.tenantId, entryId]);
  return entryId;
}

const NEXT_PLACE = `
  insert into feed_positions (tenant_id, position, event_id)
  select $1, max(position) + 1, $2 from feed_positions where tenant_id = $1`;

/** Faults between the ledger and the feed. */
export const FEED_BREAKS: Record<string, Break> = {
  'an entry that nobody will hear of': {
    breakIt: async (shop) => {
      const entryId = await coming(shop);
      await shop.app.database.rows('delete from feed_backlog where $1 = any (event_ids)', [entryId]);
      return entryId;
    },
    names: ['feed-holds-every-entry-once'],
  },
  'an entry that everybody will hear of again': {
    breakIt: async (shop) => inFeed(shop, await coming(shop), NEXT_PLACE),
    names: ['feed-holds-every-entry-once'],
  },
  'a place of no entry': {
    breakIt: (shop) => inFeed(shop, randomUUID(), NEXT_PLACE),
    names: ['feed-holds-every-entry-once'],
  },
  'a place that was left out': {
    breakIt: async (shop) =>
      inFeed(
        shop,
        await coming(shop),
        `update feed_positions set position = 1000 + position
        where tenant_id = $1 and position >= (select position from feed_positions where tenant_id = $1 and event_id = $2)`,
      ),
    names: ['feed-without-gaps'],
  },
  'an allocation that is heard of before the beginning': {
    breakIt: async (shop) => {
      await inFeed(
        shop,
        shop.allocated.id,
        `with away as (
          delete from feed_positions p using conversation_events e
          where p.tenant_id = $1 and e.tenant_id = $1 and e.id = p.event_id and e.conversation_id = $2
          returning p.position, p.event_id)
        insert into feed_positions (tenant_id, position, event_id)
        select $1, sum(position) over () - position, event_id from away`,
      );
      return shop.allocated.id;
    },
    names: ['feed-in-order-of-versions'],
  },
};

/**
 * A part of a statement that writes entries of the ledger: they wait for their places in the feed. Every such statement has
 * it, or nobody hears of its entries (assign_feed_positions).
 * @param tenant parameter with the tenant
 * @param entries part of the same statement with the ids of the entries
 */
export function recordInFeed(tenant: string, entries: string): string {
  return `in_feed as (
    insert into feed_backlog (tenant_id, id, event_ids)
    select ${tenant}, e.ids[1], e.ids from (select array_agg(n.id) as ids from ${entries} n) e
    where e.ids is not null
  )`;
}

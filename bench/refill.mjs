// @ts-check
// Restores the queue between two measurements. This time does not count, and it is the same for both sides of a pair.

/** Entries of the ledger at once. */
const BATCH = 5_000;

/** All that are held wait again, with the keys of the project's own function. Nothing of it enters the ledger. */
const REQUEUE = `
  update conversations c
  set state = 'QUEUED', assigned_operator_id = null, (basis_at, saturated, queue_key) = (
    select q.basis_at, q.saturated, q.queue_key
    from queue_settings t
    cross join lateral queue_position(t.settings, c.waiting_message_count, c.boost_minutes, c.last_message_at, c.waiting_since) q
    where t.tenant_id = c.tenant_id)
  from tenants t
  where t.id = c.tenant_id and c.state = 'ALLOCATED'`;

/** What the service's sweep does every 30 s, for a side that is measured without a service. */
const MARK_SATURATED = `
  update conversations c set saturated = true, queue_key = queue_bonus(t.settings, c.waiting_message_count)
  from queue_settings t
  where c.tenant_id = t.tenant_id and c.state = 'QUEUED' and c.saturated = false
    and c.basis_at <= now() - queue_cap(t.settings) * interval '1 microsecond' and queue_cap(t.settings) < 'Infinity'`;

/** @param {import('pg').Client} client the owner's @returns {Promise<number>} how many were held */
export async function refill(client) {
  await client.query('set enable_seqscan = off');
  const { rowCount } = await client.query(REQUEUE);
  await client.query(MARK_SATURATED);
  return rowCount ?? 0;
}

/** What the last measurement left to the background is done before the next one. @param {import('pg').Client} client */
export async function settle(client) {
  await refill(client);
  const { rows } = await client.query('select id from tenants');
  for (const { id } of rows) {
    for (const work of ['assign_feed_positions', 'fold_activity']) {
      for (let done = BATCH; done >= BATCH;) {
        const result = await client.query(`select ${work}($1, $2) as entries`, [id, BATCH]);
        done = result.rows[0].entries;
      }
    }
  }
  await client.query('vacuum conversations, feed_backlog');
}

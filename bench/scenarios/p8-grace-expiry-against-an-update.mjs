// @ts-check
// P8: compares the expiry of grace periods with one UPDATE of the same rows.
import { startMeter } from '../cpu.mjs';
import { connect, one } from '../database.mjs';
import { hold } from '../hold.mjs';
import { adminId, tenantId } from '../ids.mjs';
import { interleaved } from '../pairs.mjs';
import { perSecond, ratioRow, rowRate } from '../rows.mjs';
import { token, withService } from '../service.mjs';

const TENANT = tenantId(1);

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p8(context) {
  const { plan, server, stop } = context;
  const world = await server.world(plan.due * 2, 1, 'grace');
  const client = await connect(world.url, stop);
  // The scheduled job would expire the grace periods before the request does.
  const variables = { GRACE_EXPIRY_INTERVAL_SECONDS: '0' };
  try {
    return await withService(world, stop, { variables }, async (service) => {
      const found = await interleaved(
        context,
        'P8',
        () => expire(context, service, client),
        () => update(context, world, client),
        { of: ({ perSecond }) => perSecond },
      );
      return [
        ratioRow({
          id: 'P8',
          what: `Grace expiry of ${plan.due.toLocaleString('en')} conversations, of one UPDATE of the same rows`,
          measured: `${perSecond(found.measured, ' rows')}; UPDATE ${perSecond(found.reference, ' rows')}`,
          bar: { atLeast: 0.4 },
          details: { depth: world.depth, ...found },
        }),
      ];
    });
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * @param {import('../context.mjs').Context} context
 * @param {import('../service.mjs').Service} service @param {import('pg').Client} client
 */
async function expire({ plan, server, findings, profiler, show }, service, client) {
  show('P8: holding conversations');
  await hold(client, plan.due, { withGracePeriods: true });
  show('P8: expiring');
  const { since } = await one(client, 'select clock_timestamp()::text as since');
  const meter = startMeter({ services: [service.pid], postmaster: server.postmaster });
  const started = performance.now();
  const { expired } = await profiler.window(() =>
    service.ask('POST', '/grace-periods/expire', token(TENANT, adminId(1)), {}),
  );
  const milliseconds = performance.now() - started;
  const used = meter(0);
  const left = await one(
    client,
    `select (select count(*)::int from deadlines) as grace_periods,
      (select count(*)::int from conversations where state = 'ALLOCATED') as held,
      (select count(distinct conversation_id)::int from conversation_events
        where tenant_id = $1 and occurred_at >= $2 and occurred_at > '-infinity' and from_state = 'ALLOCATED'
          and to_state = 'QUEUED') as told`,
    [TENANT, since],
  );
  findings.violation(Math.abs(plan.due - expired), 'a conversation was not counted as expired', 'P8');
  findings.violation(left.grace_periods + left.held, 'a conversation is still held', 'P8');
  findings.violation(Math.abs(plan.due - left.told), 'an expiry is not in the ledger', 'P8');
  return rowRate(plan.due, milliseconds, used);
}

/**
 * @param {import('../context.mjs').Context} context
 * @param {import('../server.mjs').World} world @param {import('pg').Client} client
 */
async function update({ plan, server, reference, stop, show }, world, client) {
  show('P8: holding conversations');
  await hold(client, plan.due, { withGracePeriods: false });
  show('P8: updating');
  // As the role of the application, for row-level security, but without its statement timeout.
  const application = await connect(world.url, stop, {
    options: `${reference.options} -c statement_timeout=0 -c app.tenant_id=${TENANT}`,
  });
  try {
    const meter = startMeter({ postmaster: server.postmaster });
    const started = performance.now();
    const { rowCount } = await application.query(
      `update conversations c
      set state = 'QUEUED', assigned_operator_id = null, updated_at = now(),
        (basis_at, saturated, queue_key) = (
          select q.basis_at, q.saturated, q.queue_key
          from queue_settings t
          cross join lateral queue_position(t.settings, c.waiting_message_count, c.boost_minutes, c.last_message_at, c.waiting_since) q
          where t.tenant_id = $1)
      where c.tenant_id = $1 and c.state = 'ALLOCATED'`,
      [TENANT],
    );
    const milliseconds = performance.now() - started;
    if (rowCount !== plan.due) throw new Error(`the UPDATE met ${rowCount} rows`);
    return rowRate(plan.due, milliseconds, meter(0));
  } finally {
    await application.end().catch(() => {});
  }
}

// @ts-check
// P17: counts the statements of background work for tenants in which nothing happens, beside ten that are busy.
import { crew } from '../allocate.mjs';
import { watchStatements } from '../watch-statements.mjs';
import { connect } from '../database.mjs';
import { sqlId, tenantId } from '../ids.mjs';
import { withService } from '../service.mjs';

const BUSY = 10;
const CALLERS = 10;
const FIRST_IDLE = 1_001;

/** Each has an operator and an inbox, like a new customer. */
const IDLE = [
  `insert into tenants (id, name, alpha, beta, max_delay_minutes, grace_period_seconds)
  select ${sqlId.tenant('t')}, 'Idle ' || t, 0.4, 0.6, 1440, 900 from generate_series($1::int, $2::int) t`,
  `insert into operators (tenant_id, id, name, role, availability)
  select ${sqlId.tenant('t')}, ${sqlId.operator('t', '1')}, 'Operator', 'OPERATOR', 'AVAILABLE'
  from generate_series($1::int, $2::int) t`,
  `insert into inboxes (tenant_id, id, name)
  select ${sqlId.tenant('t')}, ${sqlId.inbox('t', '1')}, 'Inbox' from generate_series($1::int, $2::int) t`,
  `insert into subscriptions (tenant_id, inbox_id, operator_id)
  select ${sqlId.tenant('t')}, ${sqlId.inbox('t', '1')}, ${sqlId.operator('t', '1')}
  from generate_series($1::int, $2::int) t`,
];

/** @param {import('../context.mjs').Context} context @returns {Promise<import('../context.mjs').Row[]>} */
export async function p17(context) {
  const { plan, server, stop, load, findings, show } = context;
  const world = await server.world(plan.depths.small, BUSY, 'idle');
  const client = await connect(world.url, stop);
  const last = FIRST_IDLE + plan.idle.tenants - 1;
  for (const text of IDLE) await client.query(text, [FIRST_IDLE, last]);
  await client.query('vacuum (analyze)');
  await client.end();
  const ids = new Set(Array.from({ length: plan.idle.tenants }, (_, i) => tenantId(FIRST_IDLE + i)));
  let busyStatements = 0;
  /** @type {Map<string, number>} */
  const counts = new Map();
  const proxy = await watchStatements(world.serviceUrl, (_, named) => {
    if (named.includes(tenantId(1))) busyStatements++;
    for (const id of new Set(named)) if (ids.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1);
  });
  try {
    return await withService({ ...world, serviceUrl: proxy.url }, stop, {}, async (service) => {
      const team = crew(world, CALLERS);
      const busy = (/** @type {number} */ milliseconds) =>
        load.run({
          port: service.port,
          requests: team.requests,
          followUps: team.deallocations,
          milliseconds,
        });
      show('P17: warming up');
      await busy(plan.warmUpMs);
      counts.clear();
      show(`P17: ${plan.idle.milliseconds / 1000} s`);
      const done = await busy(plan.idle.milliseconds);
      const wrong = done.responses.filter(({ status }) => status !== 200).length;
      findings.violation(wrong, 'a response other than 200', 'P17');
      // Otherwise it would count nothing.
      findings.violation(busyStatements > 0 ? 0 : 1, 'no statement names a busy tenant', 'P17');
      const statements = [...counts.values()].reduce((sum, count) => sum + count, 0);
      const minutes = done.milliseconds / 60_000;
      const idle = plan.idle.tenants.toLocaleString('en');
      return [
        {
          id: 'P17',
          what: `Statements of its own that background work runs for an idle tenant in a minute, ${idle} of them beside ${BUSY} busy ones`,
          measured: `${statements.toLocaleString('en')} statements name ${counts.size.toLocaleString('en')} of the idle tenants`,
          value: statements / plan.idle.tenants / minutes,
          min: null,
          max: null,
          unit: 'plain',
          bar: { atMost: 0 },
          details: { statements, tenants: counts.size, milliseconds: done.milliseconds },
        },
      ];
    });
  } finally {
    proxy.close();
  }
}

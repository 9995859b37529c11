import { TestApplication } from './support/application.js';
import { expectInvariants } from './support/invariants.js';
import { messageTo, reportBatch } from './support/messages.js';
import { World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(async () => {
  await expectInvariants(app.database);
  await app.stop();
});

describe('a batch for more operators than it ranks at once', () => {
  const OPERATORS = 120;
  const someWeights = (most: number) => Array.from({ length: OPERATORS }, (_, i) => 1 + (i % most));

  async function staffed(distribution: string, weights: readonly number[], mostLoad: number | null) {
    const world = await World.create(app);
    const inboxes = [
      await world.inbox({ distribution } as never),
      await world.inbox({ distribution } as never),
    ];
    const operators = await app.database.rows<{ id: string; weight: number; max_load: number | null }>(
      `with made as (
        insert into operators (tenant_id, id, name, role, max_load, availability)
        select $1, gen_random_uuid(), 'Operator ' || w.n, 'OPERATOR', case when w.n % 4 = 0 then $4::integer end, 'AVAILABLE'
        from unnest($2::integer[]) with ordinality as w (weight, n)
        returning id, max_load, substr(name, 10)::integer as n
      ), subscribed as (
        insert into subscriptions (tenant_id, inbox_id, operator_id, weight, last_distributed_at)
        select $1, i.id, m.id, ($2::integer[])[m.n], null from made m cross join unnest($3::uuid[]) as i (id)
      )
      select id, max_load, ($2::integer[])[n] as weight from made`,
      [world.tenantId, weights, inboxes.map(({ id }) => id), mostLoad],
    );
    return { world, inboxes, operators };
  }

  it.each(['LEAST_LOADED', 'ROUND_ROBIN'])(
    'gives each to the best one at that moment, by %s',
    async (distribution) => {
      const { world, inboxes, operators } = await staffed(distribution, someWeights(4), 2);
      const messages = Array.from({ length: 700 }, (_, i) => messageTo(inboxes[i % 3 === 0 ? 1 : 0]!));
      await reportBatch(world, messages);
      const given = await app.database.rows<{ inbox_id: string; operator_id: string }>(
        `select inbox_id, to_operator_id as operator_id from conversation_events
       where tenant_id = $1 and type = 'conversation.distributed' order by id`,
        [world.tenantId],
      );
      expect(given).toHaveLength(700);
      const held = new Map(operators.map(({ id }) => [id, 0]));
      const last = new Map<string, number>();
      for (const [turn, { inbox_id, operator_id }] of given.entries()) {
        const [best] = operators
          .filter(({ id, max_load }) => max_load === null || held.get(id)! < max_load)
          .map(({ id, weight }) => ({
            id,
            value: distribution === 'LEAST_LOADED' ? held.get(id)! / weight : 0,
            last: last.get(inbox_id + id) ?? -1,
          }))
          .sort((a, b) => a.value - b.value || a.last - b.last || (a.id < b.id ? -1 : 1));
        expect([turn, operator_id]).toEqual([turn, best!.id]);
        held.set(operator_id, held.get(operator_id)! + 1);
        last.set(inbox_id + operator_id, turn);
      }
    },
  );

  it('gives operators their share by WEIGHTED_RANDOM, and not in the same order twice', async () => {
    const weights = someWeights(2);
    const draw = async () => {
      const { world, inboxes, operators } = await staffed('WEIGHTED_RANDOM', weights, null);
      const results = await reportBatch(
        world,
        Array.from({ length: 900 }, () => messageTo(inboxes[0]!)),
      );
      const heavy = new Set(operators.filter(({ weight }) => weight === 2).map(({ id }) => id));
      const turns = results.map(({ assignedOperatorId }) => assignedOperatorId!);
      expect(turns.slice(0, 50)).not.toEqual(turns.slice(50, 100));
      // Somebody is given two of fifty, which no order in turn would do.
      expect(new Set(turns.slice(0, 50)).size).toBeLessThan(50);
      return turns.filter((id) => heavy.has(id)).length;
    };
    // Two thirds, within the 99.9 % interval of the binomial distribution.
    const isOutside = (count: number) => Math.abs(count - 600) > 3.2905 * Math.sqrt(900 * (2 / 9));
    let given = await draw();
    if (isOutside(given)) given = await draw();
    expect(isOutside(given)).toBe(false);
  });
});

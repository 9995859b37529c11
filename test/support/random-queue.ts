import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { SaturationSweep } from '../../src/queue/saturation-sweep.js';
import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { TestApplication, Headers } from './application.js';
import { BOOST } from '../../src/queue/boost-minutes.js';
import type { Waiting, Weights } from './priority-model.js';
import { World, type Person } from './world.js';

/** A planned conversation. All its messages have the last time, except the first, which may be older. */
interface Thread {
  inbox: number;
  messages: number;
  lastSecondsAgo: number;
  firstSecondsBefore: number;
  /** Passes the cap without a sweep. */
  unmarked: boolean;
  boostMinutes: number;
}

export interface Plan {
  weights: Weights;
  threads: Thread[];
  subscribed: number[];
  inboxBoosts: number[];
  /** After which picks or pages a sweep runs or the weights change. */
  sweepAfter: number;
  change: { after: number; weights: Weights } | null;
}

const INBOXES = [0, 1, 2, 3];

/**
 * Queues with difficult choices: equal counts, equal times, counts above the maximum, delays on both sides of the cap,
 * and conversations whose different counts and delays give equal scores.
 */
export function plans(
  weights: fc.Arbitrary<Weights>,
  changes: fc.Arbitrary<Weights> | null,
): fc.Arbitrary<Plan> {
  return weights.chain((given) =>
    fc.record({
      weights: fc.constant(given),
      threads: fc.array(threads(given), { minLength: 1, maxLength: 16 }),
      subscribed: fc.subarray(INBOXES, { minLength: 1 }),
      inboxBoosts: fc.tuple(...INBOXES.map(() => boosts(given))),
      sweepAfter: fc.nat({ max: 8 }),
      change:
        changes === null ? fc.constant(null) : fc.record({ after: fc.nat({ max: 6 }), weights: changes }),
    }),
  );
}

function threads(weights: Weights): fc.Arbitrary<Thread> {
  const { alpha, beta, maxMessageCount, maxDelayMinutes } = weights;
  const cap = (maxDelayMinutes ?? 1440) * 60;
  const worthOfAMessage =
    beta === 0 ? 1 : Math.min(2 * cap, Math.max(1, Math.round(((alpha / beta) * cap) / maxMessageCount)));
  const few = { arbitrary: fc.integer({ min: 1, max: 4 }), weight: 3 };
  const many = { arbitrary: fc.integer({ min: maxMessageCount - 1, max: maxMessageCount + 3 }), weight: 1 };
  return fc.record({
    inbox: fc.constantFrom(...INBOXES),
    messages: maxMessageCount > 50 ? few.arbitrary : fc.oneof(few, many).map((count) => Math.max(1, count)),
    lastSecondsAgo: fc.oneof(
      fc.nat({ max: 6 }).map((messages) => (messages * worthOfAMessage) % (3 * cap)),
      fc.nat({ max: 3 * cap }),
      fc.constantFrom(cap - 5, cap + 5, cap + 60).map((seconds) => Math.max(0, seconds)),
    ),
    firstSecondsBefore: fc.oneof(fc.constantFrom(0, worthOfAMessage), fc.nat({ max: 2 * cap })),
    unmarked: fc.boolean(),
    boostMinutes: boosts(weights),
  });
}

/** Half of them are none; among the others those that make up for messages or for the whole delay. */
function boosts({ alpha, beta, maxMessageCount, maxDelayMinutes }: Weights): fc.Arbitrary<number> {
  const cap = maxDelayMinutes ?? 1440;
  const worthOfFiveMessages = beta === 0 ? 5 : Math.round(((alpha / beta) * 5 * cap) / maxMessageCount);
  const within = (minutes: number) => Math.max(BOOST.min, Math.min(BOOST.max, minutes));
  return fc.oneof(
    { arbitrary: fc.constant(0), weight: 3 },
    fc.constantFrom(worthOfFiveMessages, -worthOfFiveMessages, cap, -cap).map(within),
    fc.integer({ min: -2 * cap, max: 2 * cap }).map(within),
    fc.constantFrom(BOOST.min, BOOST.max),
  );
}

export interface Row extends Waiting {
  inboxId: string;
}

/** The queue of a plan, in its own tenant. */
export class RandomQueue {
  private constructor(
    readonly world: World,
    readonly operator: Person,
    /** All conversations of the tenant, also of inboxes without the operator. */
    readonly all: readonly Row[],
    readonly takeable: readonly Row[],
  ) {}

  static async of(app: TestApplication, plan: Plan): Promise<RandomQueue> {
    const world = await World.create(app, plan.weights);
    const inboxes = await Promise.all(plan.inboxBoosts.map((boostMinutes) => world.inbox({ boostMinutes })));
    const operator = await world.operator({ inboxes: plan.subscribed.map((i) => inboxes[i]!) });
    const now = Date.now();
    const made = plan.threads.map(({ inbox, messages, lastSecondsAgo, firstSecondsBefore, boostMinutes }) => {
      const last = now - lastSecondsAgo * 1_000;
      return {
        externalId: randomUUID(),
        boostMinutes,
        inboxId: inboxes[inbox]!.id,
        times: Array.from(
          { length: messages },
          (_, i) => last - (i === 0 && messages > 1 ? firstSecondsBefore * 1_000 : 0),
        ),
      };
    });
    const ids = await ingest(world, made);
    await boost(
      world,
      plan.threads.map(({ boostMinutes }, i) => ({ id: ids[i]!, boostMinutes })),
    );
    await forget(
      world,
      ids.filter((_, i) => plan.threads[i]!.unmarked),
    );
    const all = made.map(({ inboxId, times, boostMinutes }, i) => ({
      id: ids[i]!,
      inboxId,
      messageCount: times.length,
      waitingMessageCount: times.length,
      lastMessageAt: BigInt(Math.max(...times)) * 1_000n,
      waitingSince: BigInt(Math.min(...times)) * 1_000n,
      boostMinutes: boostMinutes + plan.inboxBoosts[plan.threads[i]!.inbox]!,
    }));
    const subscribed = plan.subscribed.map((i) => inboxes[i]!.id);
    return new RandomQueue(
      world,
      operator,
      all,
      all.filter(({ inboxId }) => subscribed.includes(inboxId)),
    );
  }

  /** The ids of all pages of a list. */
  async listed(path: string, headers: Headers, betweenPages?: () => Promise<unknown>): Promise<string[]> {
    const ids: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await this.world.app.call('get', `${path}${cursor}`, headers).expect(200);
      const { data, nextCursor } = body as { data: ConversationResponse[]; nextCursor: string | null };
      ids.push(...data.map(({ id }) => id));
      if (nextCursor === null) return ids;
      await betweenPages?.();
      cursor = `&cursor=${nextCursor}`;
    }
  }

  sweep(): Promise<number> {
    return this.world.app.run(SaturationSweep);
  }

  /** The number of saturated conversations. */
  async marked(): Promise<number> {
    const [row] = await this.world.app.database.rows<{ count: number }>(
      `select count(*)::integer as count from conversations where tenant_id = $1 and saturated`,
      [this.world.tenantId],
    );
    return row!.count;
  }

  async databaseTime(): Promise<bigint> {
    const [row] = await this.world.app.database.rows<{ at: string }>(
      `select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text as at`,
    );
    return BigInt(row!.at);
  }

  /** The allocations of the ledger with their times and scores. */
  async picks(): Promise<{ id: string; at: bigint; score: number }[]> {
    const rows = await this.world.app.database.rows<{ id: string; at: string; score: number }>(
      `select conversation_id as id, (extract(epoch from occurred_at) * 1000000)::bigint::text as at, score
       from conversation_events where tenant_id = $1 and type = 'conversation.allocated' order by occurred_at, id`,
      [this.world.tenantId],
    );
    return rows.map(({ id, at, score }) => ({ id, at: BigInt(at), score }));
  }
}

async function ingest(
  world: World,
  made: { externalId: string; inboxId: string; times: number[]; boostMinutes: number }[],
): Promise<string[]> {
  const messages = made.flatMap(({ externalId, inboxId, times, boostMinutes }) =>
    times.map((time, i) => ({
      externalConversationId: externalId,
      inboxId,
      customerPhoneNumber: '+4915112345678',
      occurredAt: new Date(time).toISOString(),
      ...(i === 0 && boostMinutes % 2 !== 0 ? { boostMinutes } : {}),
    })),
  );
  const { body } = await world.app
    .call('post', '/orchestrator/messages/batch', world.orchestrator)
    .send({ messages })
    .expect(200);
  const { results } = body as { results: { conversationId: string }[] };
  const ids = new Map(
    messages.map((message, i) => [message.externalConversationId, results[i]!.conversationId]),
  );
  return made.map(({ externalId }) => ids.get(externalId)!);
}

/** The even ones; the others came with a message. */
async function boost(world: World, ids: { id: string; boostMinutes: number }[]): Promise<void> {
  for (const { id, boostMinutes: minutes } of ids) {
    if (minutes !== 0 && minutes % 2 === 0) await world.boost(id, minutes);
  }
}

/** Stores them as unsaturated although they are past the cap, as if no sweep had run. */
async function forget(world: World, ids: string[]): Promise<void> {
  await world.app.database.rows(
    `update conversations c
     set saturated = false, queue_key = queue_bonus(t.settings, c.waiting_message_count)
       + queue_boost(t.settings, c.boost_minutes) - epoch_microseconds(c.basis_at)
     from queue_settings t
     where t.tenant_id = $1 and c.tenant_id = $1 and c.id = any ($2)`,
    [world.tenantId, ids],
  );
}

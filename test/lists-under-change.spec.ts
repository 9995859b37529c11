import fc from 'fast-check';
import { TestApplication } from './support/application.js';
import { SEED, TIMES } from './support/chance.js';
import { minutesBefore, World } from './support/world.js';

let app: TestApplication;
beforeAll(async () => {
  app = await TestApplication.start();
});
afterAll(() => app.stop());

interface Listed {
  data: { id: string }[];
  nextCursor: string | null;
}

type Change = { kind: 'insert'; minutesAgo: number } | { kind: 'write' | 'resolve'; index: number };

const change = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), minutesAgo: fc.integer({ min: 0, max: 3_000 }) }),
  fc.record({ kind: fc.constantFrom('write' as const, 'resolve' as const), index: fc.nat(30) }),
);

/** Reads a list to its end and lets one change happen before each further page. */
async function readWhileChanging(
  world: World,
  path: string,
  limit: number,
  changes: (() => Promise<void>)[],
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const more: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { body } = await app.call('get', `${path}&limit=${limit}${more}`, world.admin).expect(200);
    const page = body as Listed;
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.nextCursor;
    await changes.shift()?.();
  } while (cursor !== null);
  return seen;
}

describe.each(['newest', 'oldest', 'priority'])('a reader who pages by %s while the list changes', (sort) => {
  it(
    'sees nothing twice and misses nothing that did not change',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 3, maxLength: 30 }),
          fc.array(change, { maxLength: 10 }),
          fc.integer({ min: 1, max: 7 }),
          async (ages, plan, limit) => {
            const world = await World.create(app);
            const inbox = await world.inbox();
            const report = (externalConversationId: string, minutesAgo: number) => ({
              externalConversationId,
              inboxId: inbox.id,
              customerPhoneNumber: '+4915112345678',
              occurredAt: minutesBefore(minutesAgo),
            });
            const send = async (messages: object[]) => {
              const response = await app
                .call('post', '/orchestrator/messages/batch', world.orchestrator)
                .send({ messages })
                .expect(200);
              return (response.body as { results: { conversationId: string }[] }).results.map(
                (r) => r.conversationId,
              );
            };
            const ids = await send(ages.map((age, i) => report(`thread-${i}`, age)));
            const changed = new Set<string>();
            const carryOut = async (step: Change, nr: number) => {
              if (step.kind === 'insert') {
                await send([report(`new-${nr}`, step.minutesAgo)]);
                return;
              }
              const index = step.index % ids.length;
              changed.add(ids[index]!);
              if (step.kind === 'write') {
                await send([report(`thread-${index}`, 0)]);
                return;
              }
              await app.call('post', '/allocation/resolve', world.admin).send({ conversationId: ids[index] });
            };

            const seen = await readWhileChanging(
              world,
              `/conversations?sort=${sort}`,
              limit,
              plan.map((step, nr) => () => carryOut(step, nr)),
            );

            const unchanged = ids.filter((id) => !changed.has(id));
            const seenOnce = seen.filter((id) => !changed.has(id));
            expect(new Set(seenOnce).size).toBe(seenOnce.length);
            expect(unchanged.filter((id) => !seen.includes(id))).toEqual([]);
          },
        ),
        { seed: SEED, numRuns: 8 * TIMES },
      );
    },
    120_000 * TIMES,
  );
});

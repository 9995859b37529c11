import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { settle } from './distribution.js';
import type { Model } from './model.js';
import { MANAGER } from './plans.js';
import type { RealTenant } from './tenant.js';
import type { ModelConversation } from './rows.js';

export type Step = fc.AsyncCommand<Model, RealTenant>;

export const person = fc.nat({ max: MANAGER });
/** An index, modulo the number of elements. */
export const number = fc.nat({ max: 20 });
/** undefined: an unknown conversation. */
const UNKNOWN = 20;

const AMONG = {
  all: () => true,
  queued: ({ state }: ModelConversation) => state === 'QUEUED',
  held: ({ holder }: ModelConversation) => holder !== null,
  kept: ({ grace }: ModelConversation) => grace !== null,
};

/** Selects a conversation, mostly one in a state that fits the step, because few sequences would hit one by chance. */
export const which = (...among: (keyof typeof AMONG)[]) =>
  fc.record({ number, among: fc.constantFrom(...among) });

type Which = ReturnType<typeof which> extends fc.Arbitrary<infer Value> ? Value : never;

/** A step acts on the service and the model, and compares them. */
export function step<T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (model: Model, real: RealTenant, value: T) => Promise<void>,
): fc.Arbitrary<Step> {
  return values.map((value) => ({
    check: () => true,
    run: async (model, real) => {
      await run(model, real, value);
      settle(model);
      await real.expectState(model);
    },
    toString: () => `${name} ${JSON.stringify(value)}`,
  }));
}

export function pick(model: Model, { number, among }: Which): ModelConversation | undefined {
  if (number === UNKNOWN) return undefined;
  const some = model.conversations.filter(AMONG[among]);
  const those = some.length > 0 ? some : model.conversations;
  return those[number % those.length];
}

export const idOf = (conversation: ModelConversation | undefined) => conversation?.id ?? randomUUID();

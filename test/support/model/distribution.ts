import type { Model } from './model.js';
import { INBOXES } from './plans.js';
import type { ModelConversation } from './rows.js';

/** Distributes waiting conversations of push inboxes while an operator is eligible, the best first. */
export function settle(model: Model): void {
  for (;;) {
    const open = INBOXES.filter((inbox) => receivers(model, inbox).length > 0);
    const best = model.waitingIn(open).find((waiting) => next(model, waiting) !== undefined);
    if (best === undefined) return;
    const receiver = next(model, best)!;
    model.become(best, 'conversation.distributed', 'ALLOCATED', receiver);
    model.turns.set(`${best.inbox} ${receiver}`, 1 + Math.max(0, ...model.turns.values()));
  }
}

function receivers(model: Model, inbox: number): number[] {
  if (model.plan.distributions[inbox] === 'PULL') return [];
  return model.people.flatMap(({ inboxes }, person) =>
    inboxes.has(inbox) && model.refusesToTake(person) === null ? [person] : [],
  );
}

/** Avoids who has declined it if another operator is eligible; then orders by strategy, turn and id. */
function next(model: Model, { inbox, declines }: ModelConversation): number | undefined {
  const rank = (person: number): number[] => {
    const turn = model.turns.get(`${inbox} ${person}`) ?? 0;
    const load = model.plan.distributions[inbox] === 'LEAST_LOADED' ? model.loadOf(person) : turn;
    return [declines.has(person) ? 1 : 0, load, turn, person];
  };
  const [first] = receivers(model, inbox)
    .filter((person) => declines.get(person) !== true)
    .sort((a, b) => compare(rank(a), rank(b)));
  return first;
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, i) => value - b[i]!).find((difference) => difference !== 0) ?? 0;
}

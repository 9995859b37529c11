import type { Model } from './model.js';
import { INBOXES } from './plans.js';
import type { ModelConversation } from './rows.js';

/** Distributes waiting conversations of push inboxes while an operator is eligible, the best first. */
export function settle(model: Model): void {
  for (;;) {
    const open = INBOXES.filter((inbox) => receivers(model, inbox).length > 0);
    const [best] = model.waitingIn(open);
    if (best === undefined) return;
    const receiver = next(model, best);
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

/** Orders by strategy, turn and id. */
function next(model: Model, { inbox }: ModelConversation): number {
  const rank = (person: number): number[] => {
    const turn = model.turns.get(`${inbox} ${person}`) ?? 0;
    const load = model.plan.distributions[inbox] === 'LEAST_LOADED' ? model.heldBy(person).length : turn;
    return [load, turn, person];
  };
  const [first] = receivers(model, inbox).sort((a, b) => compare(rank(a), rank(b)));
  if (first === undefined) throw new Error('nobody is eligible');
  return first;
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, i) => value - b[i]!).find((difference) => difference !== 0) ?? 0;
}

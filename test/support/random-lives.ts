import fc from 'fast-check';
import { OUTCOMES, type Outcome } from '../../src/ledger/outcome.js';
import type { Step } from './story.js';

interface RandomStep {
  type: string;
  /** Seconds after nine o'clock. */
  second: number;
  to: number;
  inbox: number;
  outcome: Outcome | undefined;
  /** For how many seconds the customer waited, where the ledger says it. */
  waited: number | null;
}

export interface SecondsWindow {
  from: number | null;
  to: number | null;
}

export interface Life {
  /** `folds`: the number of entries to fold after this life. */
  conversations: { inbox: number; steps: RandomStep[]; folds: number }[];
  windows: SecondsWindow[];
}

/** The possible transitions by state. 'moved' keeps the state. */
const FOLLOWING: Record<string, string[]> = {
  QUEUED: ['allocated', 'claimed', 'distributed', 'reassigned', 'resolved', 'moved'],
  ALLOCATED: ['resolved', 'resolved', 'deallocated', 'grace_expired', 'released', 'reassigned', 'moved'],
  RESOLVED: ['reopened', 'reassigned', 'moved'],
};

function stateAfter(state: string, type: string): string {
  if (type === 'moved') return state;
  if (['allocated', 'claimed', 'distributed', 'reassigned'].includes(type)) return 'ALLOCATED';
  return type === 'resolved' ? 'RESOLVED' : 'QUEUED';
}

/** Times within a few minutes, out of order, because transactions do not commit in the order of their starts. */
const seconds = fc.oneof(fc.nat({ max: 400 }), fc.constantFrom(0, 59, 60, 61, 119, 120, 240));

const conversation = fc
  .record({
    inbox: fc.nat({ max: 1 }),
    folds: fc.nat({ max: 8 }),
    picks: fc.array(
      fc.record({
        pick: fc.nat({ max: 41 }),
        second: seconds,
        to: fc.nat({ max: 1 }),
        inbox: fc.nat({ max: 1 }),
        outcome: fc.constantFrom(undefined, ...OUTCOMES),
        waited: fc.option(fc.nat({ max: 5_000 })),
      }),
      { maxLength: 8 },
    ),
    created: seconds,
  })
  .map(({ inbox, folds, picks, created }) => {
    let state = 'QUEUED';
    const later = picks.map(({ pick, outcome, ...step }) => {
      const following = FOLLOWING[state]!;
      const type = following[pick % following.length]!;
      state = stateAfter(state, type);
      return { type, outcome: type === 'resolved' ? outcome : undefined, ...step };
    });
    return {
      inbox,
      folds,
      steps: [{ type: 'created', second: created, to: 0, inbox, outcome: undefined, waited: null }, ...later],
    };
  });

const window: fc.Arbitrary<SecondsWindow> = fc
  .tuple(seconds, seconds, fc.constantFrom('both', 'from', 'to'))
  .map(([a, b, bounds]) => ({
    from: bounds === 'to' ? null : Math.min(a, b),
    to: bounds === 'from' ? null : Math.max(a, b) + 1,
  }));

export const lives: fc.Arbitrary<Life> = fc.record({
  conversations: fc.array(conversation, { minLength: 1, maxLength: 10 }),
  windows: fc.array(window, { minLength: 2, maxLength: 3 }),
});

/** The times of all lives count from here. */
export const NINE = Date.UTC(2026, 2, 2, 9);

/** The steps of a life with these operators and inboxes. */
export function stepsOf(
  steps: readonly RandomStep[],
  people: readonly { id: string }[],
  inboxes: readonly { id: string }[],
): Step[] {
  return steps.map(({ type, second, to, inbox, outcome, waited }) => {
    const at = NINE + second * 1_000;
    return {
      type,
      outcome,
      at: new Date(at).toISOString(),
      to: people[to]!.id,
      inbox: inboxes[inbox]!.id,
      ...(waited === null ? {} : { waitingSince: new Date(at - waited * 1_000).toISOString() }),
    };
  });
}

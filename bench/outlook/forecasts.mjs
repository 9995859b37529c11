// @ts-check
// What is compared: the product's method and the two usual formulas. Each is told what the service could know.

/** @typedef {import('./team.mjs').Conversation} Conversation */
/** @typedef {import('./team.mjs').Team} Team */
/** @typedef {typeof import('../../src/outlook/method.js')} Method */
/**
 * @typedef {object} Forecast
 * @property {(now: number, conversation: Conversation) => void} [given]
 * @property {(conversation: Conversation) => void} [left]
 * @property {(seconds: number) => void} [handled]
 * @property {(team: Team) => void} [look]
 * @property {(conversation: Conversation, team: Team) => number | null} expected seconds
 */

/** The job of the service looks this often. */
export const LOOK_SECONDS = 10;
const LAST = 10;

/** Place × mean time between takes. @param {Method} method @returns {Forecast} */
export function byPace({ NO_PACE, observe, expectedSeconds }) {
  /** @type {{ pace: import('../../src/outlook/method.js').Pace, takes: number }[]} */
  const inboxes = [];
  const of = (/** @type {number} */ inbox) => (inboxes[inbox] ??= { pace: NO_PACE, takes: 0 });
  return {
    given: (_, { inbox }) => void of(inbox).takes++,
    left: ({ inbox }) => void of(inbox).takes++,
    look: (team) =>
      team.queues.forEach((queue, inbox) => {
        const known = of(inbox);
        const counts = queue.length > 0 && team.available(inbox) > 0;
        known.pace = observe(known.pace, known.takes, counts ? LOOK_SECONDS : 0);
        known.takes = 0;
      }),
    expected: (conversation, team) => expectedSeconds(team.place(conversation), of(conversation.inbox).pace),
  };
}

/** The average of the last ten waits. @returns {Forecast} */
export function byLastWaits() {
  /** @type {number[]} */
  const waits = [];
  return {
    given: (now, { since }) => {
      waits.push(now - since);
      if (waits.length > LAST) waits.shift();
    },
    expected: () => (waits.length < LAST ? null : mean(waits)),
  };
}

/** Size of the queue × average handling / operators. @returns {Forecast} */
export function bySize() {
  let seconds = 0;
  let count = 0;
  return {
    handled: (took) => {
      seconds += took;
      count++;
    },
    expected: ({ inbox }, team) =>
      count < LAST ? null : ((team.queues[inbox]?.length ?? 0) * (seconds / count)) / team.available(inbox),
  };
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// @ts-check
// Sizes and durations of a full and of a quick run.

/** @typedef {'small' | 'middle' | 'large'} Depth */

/**
 * @typedef {object} Plan
 * @property {Record<Depth, number>} depths queued conversations of a database
 * @property {number} repeats pairs of each comparison
 * @property {number} warmUpMs load before the first measurement of a service
 * @property {number} runMs one measurement
 * @property {number} curveMs one point of a chart
 * @property {number[]} callers points of the chart over callers
 * @property {Depth[]} curveDepths points of the chart over depth
 * @property {number} soakMs
 * @property {number} passingSeconds how long the conversations of WHILE-2 take to pass the cap, like those of a
 * flood a day later
 * @property {number} picks random picks that P5 compares one by one
 * @property {number} batches batches of 1,000 messages in a measurement of P6
 * @property {number} pages requests of each kind in a measurement of P7
 * @property {number} due conversations whose grace period ends in P8
 * @property {number} memoryRequests
 * @property {number} boots
 * @property {number} calls of each kind in a measurement of the cost of a call in P13
 * @property {{ operators: number, inboxes: number }} largeTeam of P15
 * @property {number} streamMs how long P11 sends messages
 * @property {{ tenants: number, milliseconds: number }} idle tenants of P17, and how long they are watched
 * @property {{ conversations: number, slices: number, requests: number }} year of P18: its slices of conversations,
 * and requests of a measurement
 */

/** @type {Plan} */
export const FULL = {
  depths: { small: 10_000, middle: 100_000, large: 1_000_000 },
  repeats: 3,
  // The service gets faster until then, because V8 still compiles its code.
  warmUpMs: 10_000,
  runMs: 4_000,
  curveMs: 2_000,
  callers: [1, 2, 4, 8, 16, 32, 64],
  curveDepths: ['small', 'middle', 'large'],
  soakMs: 300_000,
  passingSeconds: 10,
  picks: 300,
  batches: 20,
  pages: 200,
  due: 100_000,
  memoryRequests: 24_000,
  boots: 5,
  calls: 1_500,
  largeTeam: { operators: 15_000, inboxes: 5_000 },
  streamMs: 20_000,
  idle: { tenants: 10_000, milliseconds: 60_000 },
  year: { conversations: 250, slices: 1_000, requests: 1_000 },
};

/** @type {Plan} */
export const QUICK = {
  depths: { small: 2_000, middle: 20_000, large: 60_000 },
  repeats: 2,
  warmUpMs: 400,
  runMs: 500,
  curveMs: 300,
  callers: [1, 64],
  curveDepths: ['small', 'large'],
  soakMs: 5_000,
  passingSeconds: 1,
  picks: 50,
  batches: 4,
  pages: 20,
  due: 4_000,
  memoryRequests: 1_000,
  boots: 2,
  calls: 200,
  largeTeam: { operators: 1_000, inboxes: 200 },
  streamMs: 3_000,
  idle: { tenants: 200, milliseconds: 5_000 },
  year: { conversations: 40, slices: 25, requests: 100 },
};

/** The largest part of a queue that a measurement takes away before it is filled up again. */
export const DRAIN = 0.1;

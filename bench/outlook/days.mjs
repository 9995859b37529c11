// @ts-check
// The three kinds of day that the simulation knows. Hours are of the local day.

/**
 * @typedef {object} Shift
 * @property {number} operators how many work it
 * @property {number} from
 * @property {number} to
 */
/**
 * @typedef {object} Day
 * @property {readonly Shift[]} shifts
 * @property {(hour: number) => number} arrivals conversations per hour
 */

/** @type {Record<string, Day>} */
export const DAYS = {
  steady: {
    shifts: [{ operators: 10, from: 8, to: 18 }],
    arrivals: (hour) => (hour >= 7 && hour < 18 ? 74 : 2),
  },
  'rush at nine': {
    shifts: [{ operators: 10, from: 8, to: 18 }],
    arrivals: (hour) => (hour >= 9 && hour < 10.5 ? 160 : hour >= 7 && hour < 18 ? 58 : 2),
  },
  'staff leaving at five': {
    shifts: [
      { operators: 7, from: 8, to: 17 },
      { operators: 4, from: 12, to: 22 },
    ],
    arrivals: (hour) =>
      hour >= 7 && hour < 12 ? 54 : hour >= 12 && hour < 18 ? 78 : hour >= 18 && hour < 21 ? 22 : 2,
  },
};

/** The limits of a boost: of a conversation, in a message, and of an inbox. */
export const BOOST = { min: -1_440, max: 525_600 };

export function isBoost(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= BOOST.min && Number(value) <= BOOST.max;
}

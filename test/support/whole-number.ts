/** A number that the environment may give: a mistyped one must not be none at all, with which every test would pass. */
export function wholeNumber(name: string, otherwise: number): number {
  const given = process.env[name] || String(otherwise);
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`${name} is ${given}, not a whole number from 1`);
  return value;
}

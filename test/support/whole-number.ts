/** Reads a whole number from the environment. A mistyped one is an error, because NaN would make every test pass. */
export function wholeNumber(name: string, otherwise: number): number {
  const given = process.env[name] || String(otherwise);
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`${name} is ${given}, not a whole number from 1`);
  return value;
}

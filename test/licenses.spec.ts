import { isPermissive } from '../scripts/permissive.mjs';

describe('the licence of a production dependency', () => {
  it.each([
    'MIT',
    '(MIT OR Apache-2.0)',
    'MIT AND ISC',
    '(GPL-3.0 OR MIT)',
    'BSD-3-Clause AND (MIT OR GPL-3.0)',
  ])('may be %s', (expression) => expect(isPermissive(expression)).toBe(true));

  it.each([
    'GPL-3.0',
    'MIT AND GPL-3.0',
    // Who may choose between the last two has to keep the first one all the same.
    'GPL-3.0 AND (MIT OR ISC)',
    'SEE LICENSE IN LICENSE.md',
    undefined,
  ])('may not be %s', (expression) => expect(isPermissive(expression)).toBe(false));
});

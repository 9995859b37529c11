// The permissive licences.
import satisfies from 'spdx-satisfies';

/** By their SPDX names. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
];

/** @param {string | undefined} expression such as `(MIT OR GPL-3.0) AND ISC` */
export function isPermissive(expression) {
  try {
    return satisfies(expression, PERMISSIVE);
  } catch {
    // This is no SPDX expression, such as `SEE LICENSE IN …`. Somebody must read the licence.
    return false;
  }
}

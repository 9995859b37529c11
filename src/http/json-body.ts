import { type Problem, ValidationFailed } from './problem.js';

/** Real requests nest four deep; class-transformer overflows the stack at some thousands. */
const MAX_DEPTH = 32;

/**
 * Reads a JSON body.
 * @returns what it holds, undefined for an empty body
 * @throws VALIDATION_FAILED for anything that is not UTF-8 JSON, nests too deep or holds a NUL character
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = decodeUtf8(bytes);
  if (depthOf(text) > MAX_DEPTH) throw notJson(`nests deeper than ${MAX_DEPTH} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notJson('is not valid JSON');
  }
  refuseHarmfulText(value, '');
  return value;
}

/** PostgreSQL cannot store a NUL character. */
export function holdsNul(text: string): boolean {
  return text.includes('\0');
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notJson('is not UTF-8 text');
  }
}

/** Counts brackets outside of strings, without building anything. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === '}' || char === ']') depth--;
  }
  return deepest;
}

function refuseHarmfulText(value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (holdsNul(value))
      throw new ValidationFailed([{ field: path, message: `${path} holds a NUL character` }]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const field = path === '' ? key : `${path}.${key}`;
      if (key === '__proto__' || holdsNul(key)) {
        throw new ValidationFailed([
          { field: path, message: 'a field of the body has a name that is not allowed' },
        ]);
      }
      refuseHarmfulText(member, field);
    }
  }
}

function notJson(why: string): Problem {
  return new ValidationFailed([{ field: 'body', message: `the body ${why}` }]);
}

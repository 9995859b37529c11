/** Ids and times, which may look like phone numbers. */
const HARMLESS = [
  /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi,
  /"trace_id":"[\da-f]{32}","span_id":"[\da-f]{16}"/g,
  // The folder of the packages that tests load from one file; its name is a hash.
  /node_modules\/\.cache\/packages\/[\da-f]{16}/g,
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g,
];

/** Patterns of secrets. */
const FORBIDDEN: [what: string, pattern: RegExp][] = [
  ['a phone number', /(?<![\w.-])\+?\d[\d ()/-]{7,}\d(?![\w-])/g],
  ['a phone number', /\d{9,}/g],
  ['an e-mail address', /[\w.+-]+@[a-z\d-]+(\.[a-z\d-]+)*\.[a-z]{2,}/gi],
  ['a token', /eyJ[\w-]{8,}/g],
  ['a bearer key', /bearer\s+[^\s"\\]{6,}/gi],
  ['an API key', /iak_[\w-]{4,}/g],
  ['a ticket', /iet_[\w-]{4,}/g],
  ['a signing secret', /whsec_[\w+/=-]{4,}/g],
  ['a signature', /[vr]1,[\w+/-]{16,}={0,2}/g],
];

export interface Leak {
  /** Counted from 1. */
  line: number;
  what: string;
  /** The line with secrets and ids replaced. */
  shape: string;
}

/** @param known secrets without a pattern: passwords and keys of the configuration */
export function secretsIn(text: string, known: readonly string[] = []): Leak[] {
  const told = withoutHarmless(text);
  const clean =
    !known.some((secret) => text.includes(secret)) &&
    FORBIDDEN.every(([, pattern]) => told.search(pattern) < 0);
  // Check the whole text first, because hardly any line has a secret.
  if (clean) return [];
  return text.split('\n').flatMap((line, index) => {
    const { shape, found } = blotted(line, known);
    return [...new Set(found)].map((what) => ({ line: index + 1, what, shape }));
  });
}

function blotted(line: string, known: readonly string[]): { shape: string; found: string[] } {
  const found: string[] = [];
  const blot = (what: string) => () => {
    found.push(what);
    return `‹${what}›`;
  };
  const told = known.reduce(
    (text, secret) => text.replaceAll(secret, blot('a secret of the configuration')),
    line,
  );
  const shape = FORBIDDEN.reduce(
    (text, [what, pattern]) => text.replace(pattern, blot(what)),
    withoutHarmless(told),
  );
  return { shape: shape.slice(0, 500), found };
}

function withoutHarmless(text: string): string {
  const written = text
    // Stack traces contain the path of the checkout, which may look like a secret.
    .replaceAll(process.cwd(), '~')
    // As in the query of an address.
    .replaceAll(/%(20|28|29|2B|40)/gi, (code) => decodeURIComponent(code));
  return HARMLESS.reduce((sofar, pattern) => sofar.replace(pattern, '~'), written);
}

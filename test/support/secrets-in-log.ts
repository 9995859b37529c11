/** What a log may hold though it looks like a phone number: ids and times. */
const HARMLESS = [
  /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi,
  /"trace_id":"[\da-f]{32}","span_id":"[\da-f]{16}"/g,
  /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g,
];

/** What it must not hold, whoever sent it and however it is written. */
const FORBIDDEN: [what: string, pattern: RegExp][] = [
  ['a phone number', /(?<![\w.-])\+?\d[\d ()/-]{7,}\d(?![\w-])/g],
  ['a phone number', /\d{9,}/g],
  ['an e-mail address', /[\w.+-]+@[a-z\d-]+(\.[a-z\d-]+)*\.[a-z]{2,}/gi],
  ['a token', /eyJ[\w-]{8,}/g],
  ['a bearer key', /bearer\s+[^\s"\\]{6,}/gi],
  ['an API key', /iak_[\w-]{4,}/g],
  ['a signing secret', /whsec_[\w+/=-]{4,}/g],
  ['a signature', /v1,[\w+/-]{16,}={0,2}/g],
];

export interface Leak {
  /** Counted from 1. */
  line: number;
  what: string;
  /** The line with every secret and every id blotted out. */
  shape: string;
}

/** @param known secrets that no pattern tells: passwords, keys of the configuration */
export function secretsIn(text: string, known: readonly string[] = []): Leak[] {
  const told = withoutHarmless(text);
  const clean =
    !known.some((secret) => text.includes(secret)) &&
    FORBIDDEN.every(([, pattern]) => told.search(pattern) < 0);
  // Of thousands of lines hardly any is looked at by itself.
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
    // The place of the checkout stands in every stack and may have any name.
    .replaceAll(process.cwd(), '~')
    // As in the query of an address.
    .replaceAll(/%(20|28|29|2B|40)/gi, (code) => decodeURIComponent(code));
  return HARMLESS.reduce((sofar, pattern) => sofar.replace(pattern, '~'), written);
}

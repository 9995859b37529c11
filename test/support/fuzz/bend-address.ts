import fc from 'fast-check';
import { decoded, encoded } from './draft.js';
import { nastyText, one, where, type Bend } from './bend.js';
import { almost, PLANTED } from './nasty.js';

export const queries: fc.Arbitrary<Bend> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(nastyText, where).map(([text, n]): Bend => (draft) => {
      const known = draft.route.operation.parameters.filter((parameter) => parameter.in === 'query');
      const name = known[n % known.length]?.name ?? 'limit';
      return { ...draft, query: [...draft.query.filter(([other]) => other !== name), [name, encoded(text)]] };
    }),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(where, where).map(([n, m]): Bend => (draft) => {
      const given = n % Math.max(draft.query.length, 1);
      const bent = (value: string) => encoded(one(almost(decoded(value)), m));
      return {
        ...draft,
        query: draft.query.map(([name, value], i) => [name, i === given ? bent(value) : value]),
      };
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...PLANTED, 'limit[]', 'limit[a]', 'a[b]', '__proto__[limit]', '%zz', 'x.y'),
        nastyText,
      )
      .map(([name, text]): Bend => (draft) => ({
        ...draft,
        query: [...draft.query, [name.replace('\0', '%00'), encoded(text)]],
      })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Bend>(
      (draft) => ({ ...draft, query: [...draft.query, ...draft.query] }),
      (draft) => ({ ...draft, query: [...draft.query, ['limit', '1'], ['limit', '2']] }),
      (draft) => ({ ...draft, query: draft.query.slice(1) }),
      (draft) => ({ ...draft, query: draft.query.map(([name, value]) => [name, `${value}%zz`]) }),
      (draft) => ({ ...draft, query: draft.query.map(([name, value]) => [name, `${value}%ff%fe`]) }),
      (draft) => ({ ...draft, query: draft.query.map(([name, value]) => [name, `${value}x`]) }),
      (draft) => ({ ...draft, query: draft.query.map(([name, value]) => [name, value.slice(0, -2)]) }),
      (draft) => ({ ...draft, query: draft.query.map(([name, value]) => [name.toUpperCase(), value]) }),
      (draft) => ({ ...draft, query: [...draft.query, ['x', 'x'.repeat(7_000)]] }),
    ),
  },
);

export const paths: fc.Arbitrary<Bend> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(nastyText, where).map(([text, n]): Bend => (draft) => {
      const names = Object.keys(draft.path);
      const name = names[n % names.length];
      // A separate bend covers addresses that are too long.
      const value = encoded(text).slice(0, 3_000).replace(/%.?$/, '');
      return name === undefined ? draft : { ...draft, path: { ...draft.path, [name]: value } };
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        ...[
          '%00',
          '%zz',
          '%',
          '%ff%fe',
          '%2e%2e',
          '/',
          '/..',
          '/%2e%2e/%2e%2e',
          '//',
          ';a=b',
          '%3Fx=1',
          '%23',
          '%20',
          '\\',
        ],
      )
      .map((tail): Bend => (draft) => ({ ...draft, bendPath: (path) => path.replace(/(?=\?|$)/, tail) })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Bend>(
      (draft) => ({ ...draft, bendPath: (path) => path.toUpperCase() }),
      (draft) => ({ ...draft, bendPath: (path) => path.replace('/api', '//api') }),
      (draft) => ({ ...draft, bendPath: (path) => path.replace('v1', 'v2') }),
      (draft) => ({ ...draft, bendPath: (path) => path.replace('v1/', 'v1/../v1/') }),
      (draft) => ({ ...draft, bendPath: (path) => path.replace(/\/[a-z-]+/, '/%69nboxes') }),
      (draft) => ({ ...draft, bendPath: (path) => `http://elsewhere.example${path}` }),
      (draft) => ({ ...draft, bendPath: (path) => path.replace(/(?=\?|$)/, `/${'a'.repeat(10_000)}`) }),
      (draft) => ({ ...draft, bendPath: () => '*' }),
    ),
  },
);

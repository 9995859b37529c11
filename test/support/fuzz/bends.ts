import fc from 'fast-check';
import { queries, paths } from './bend-address.js';
import { bodies } from './bend-body.js';
import type { Route } from '../openapi.js';
import type { Bend } from './bend.js';
import { HEADERS, TYPES } from './nasty-headers.js';

const ofType =
  (value: string): Bend =>
  (draft) => ({
    ...draft,
    headers: [...draft.headers.filter(([name]) => name !== 'Content-Type'), ['Content-Type', value]],
  });
const headers: fc.Arbitrary<Bend> = fc.oneof(
  fc
    .constantFrom(...HEADERS)
    .map((header): Bend => (draft) => ({ ...draft, headers: [...draft.headers, header] })),
  fc.constantFrom(...TYPES).map(ofType),
  fc.constantFrom<Bend>(
    (draft) => ({ ...draft, headers: draft.headers.filter(([name]) => name !== 'Content-Type') }),
    (draft) => ({ ...draft, headers: [...draft.headers, ['Content-Type', 'text/plain']] }),
    (draft) => ({ ...draft, headers: [['Content-Type', 'text/plain'], ...draft.headers] }),
    (draft) => ({ ...draft, headers: [...draft.headers, ...draft.headers] }),
  ),
);

const methods: fc.Arbitrary<Bend> = fc.oneof(
  fc
    .constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND')
    .map((method): Bend => (draft) => ({ ...draft, method })),
  fc.constantFrom<unknown>({}, [], null, { tenantId: 'x', role: 'ADMIN' }, 'x').map(
    (body): Bend =>
      (draft) =>
        ofType('application/json')({ ...draft, body }),
  ),
);

/** One or two bends that fit the route, sometimes others. */
export function bendsOf({ operation }: Route): fc.Arbitrary<Bend> {
  const has = (place: string) => operation.parameters.some((parameter) => parameter.in === place);
  const any = fc.oneof(
    { weight: operation.requestBody === undefined ? 1 : 8, arbitrary: bodies },
    { weight: has('query') ? 6 : 1, arbitrary: queries },
    { weight: has('path') ? 3 : 1, arbitrary: paths },
    { weight: 2, arbitrary: headers },
    { weight: 1, arbitrary: methods },
  );
  return fc
    .array(any, { minLength: 1, maxLength: 2 })
    .map((all) => (draft) => ({ ...all.reduce((sofar, bend) => bend(sofar), draft), isPlain: false }));
}

import { PROBLEMS } from '../../../src/http/problem.js';
import { wrongResponse } from '../openapi.js';
import { problemCode, type Answer } from '../raw.js';
import type { Draft } from './draft.js';
import { faultsOf, pathOf, routeOf, type Sent } from './faults.js';

/** What requests have to fulfil besides their schema, in the words in which they are refused. */
const BESIDES_THE_SCHEMA = [
  /^to must be later than from/,
  /^only QUEUED conversations have a priority/,
  /^give the inbox by inboxId or by inboxPhoneNumber/,
  /^alpha and beta/,
  /^alpha must be at most \S+ times beta/,
  // What Node cannot read, whatever its schema.
  /^the request is not HTTP/,
  // Also where any query is taken.
  /(holds a NUL character|is set more than once)$/,
  /^(alpha|beta) must be 0 or at least 0.000001/,
  // A leap second is a time, though none that a database knows; and ajv takes a zone without its colon.
  /must be a time with its zone/,
  /must be a time (in the years 0001 to 9999 of UTC|of this century)/,
  /must be a valid ISO 8601 date string$/,
  /^operator \S+ is in the list more than once/,
  /^expiresAt must lie ahead/,
  /^the query is longer than/,
  /^url cannot be delivered to/,
];

/** The operation whose items are refused one by one, by api.md. */
const ONE_BY_ONE = '/orchestrator/messages/batch';

/** In how long to come back, and from where; as a chunk. */
const STREAM = /^[0-9a-f]+\r\nretry: \d+\nid: [\w-]+\n\n/;

/** Everything that is wrong with an answer; empty: nothing. */
export function wrongWith(draft: Draft, sent: Sent, answer: Answer, secrets: readonly string[]): string[] {
  return [
    ...(answer.status >= 500 ? ['it failed'] : []),
    ...wrongRequestId(sent, answer),
    ...(answer.status >= 400 ? wrongProblem(sent, answer) : []),
    ...wrongByDocument(draft, sent, answer),
    ...leaks(sent, answer, secrets),
  ];
}

function wrongRequestId({ headers }: Sent, answer: Answer): string[] {
  const id = answer.headers['x-request-id'] ?? '';
  const [given, ...more] = headers.filter(([name]) => name === 'X-Request-Id').map(([, value]) => value);
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(id)) return ['it has no request id'];
  const sane = given !== undefined && more.length === 0 && /^[A-Za-z0-9._-]{1,128}$/.test(given);
  return sane && id !== given ? ['it has another request id than the request'] : [];
}

function wrongProblem({ method, path }: Sent, answer: Answer): string[] {
  if (method === 'HEAD') return [];
  try {
    // What is not even a request was not sent anywhere.
    const { instance, errors } = answer.body as { instance?: string; errors?: { field: string }[] };
    const isUnreadable = instance === '/' && (neverArrived(answer) || errors?.[0]?.field === 'request');
    const code = problemCode(answer, isUnreadable ? '/' : path);
    const [status] = Object.entries(PROBLEMS).find(([known]) => known === code)?.[1] ?? [];
    return status === answer.status ? [] : [`the code ${code} does not belong to it`];
  } catch (error) {
    return [`it is not a problem as documented: ${(error as Error).message}`];
  }
}

function wrongByDocument(draft: Draft, sent: Sent, answer: Answer): string[] {
  const route = routeOf(sent);
  if (neverArrived(answer)) return [];
  // No route of the document: it is refused, or its address means one after all, and then its answer is judged as any.
  if (route === undefined) return [];
  if (sent.method === 'HEAD') return [];
  const type = (answer.headers['content-type'] ?? '').split(';')[0]!;
  const body = type === 'text/event-stream' ? answer.text : answer.body;
  const wrong = wrongResponse(route, { status: answer.status, type, body });
  if (type === 'text/event-stream' && !STREAM.test(answer.text)) wrong.push('it does not begin as a stream');
  const faults = faultsOf(route, sent);
  const refused = answer.body['code'] === 'VALIDATION_FAILED';
  if (route.path.endsWith(ONE_BY_ONE) && answer.status === 200)
    return [...wrong, ...wrongItems(faults, answer)];
  if (answer.status < 300 && faults.length > 0) wrong.push(`it is taken, though ${faults.join('; ')}`);
  const isUnasked = route.operation.requestBody === undefined && sent.body !== undefined;
  if (refused && faults.length === 0 && !isUnasked && !besidesTheSchema(answer))
    wrong.push(`the document has nothing against it${draft.isPlain ? '' : ' (bent)'}`);
  return wrong;
}

/** Address and headers were too long to become a request to any operation. */
function neverArrived({ body }: Answer): boolean {
  return body['code'] === 'HEADERS_TOO_LARGE';
}

function besidesTheSchema({ body }: Answer): boolean {
  const { errors = [] } = body as { errors?: { message: string }[] };
  return errors.every(({ message }) => BESIDES_THE_SCHEMA.some((rule) => rule.test(message)));
}

/** A wrong item is refused, whatever becomes of the others. */
function wrongItems(faults: readonly string[], { body }: Answer): string[] {
  const results = body['results'] as { index: number; status: number }[];
  return faults.flatMap((fault) => {
    const index = /^body \/messages\/(\d+)/.exec(fault)?.[1];
    const taken = index === undefined || results[Number(index)]!.status < 300;
    return taken ? [`it is taken, though ${fault}`] : [];
  });
}

/** @param secrets what only the other tenant knows, unless the request names it itself */
function leaks({ path, body, headers }: Sent, answer: Answer, secrets: readonly string[]): string[] {
  const told = JSON.stringify([answer.headers, answer.body, answer.text]).toLowerCase();
  const mentioned = mentionedIn({ path, body, headers }, secrets);
  return secrets
    .filter((secret) => told.includes(secret) && !mentioned.includes(secret))
    .map((secret) => `it tells ${secret} of the other tenant, ${pathOf(path)}`);
}

/** The secrets that a request names itself. */
export function mentionedIn(
  { path, body, headers }: Pick<Sent, 'path' | 'body' | 'headers'>,
  secrets: readonly string[],
): string[] {
  const asked = [path, body?.toString('latin1') ?? '', JSON.stringify(headers)].join(' ').toLowerCase();
  return secrets.filter((secret) => asked.includes(secret));
}

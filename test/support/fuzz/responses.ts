import { PROBLEMS } from '../../../src/http/problem.js';
import { wrongResponse } from '../openapi.js';
import { problemCode, type RawResponse } from '../raw.js';
import type { Draft } from './draft.js';
import { faultsOf, pathOf, routeOf, type Sent } from './faults.js';

/** Rules for requests that a schema cannot express, with the texts of their errors. */
const BESIDES_THE_SCHEMA = [
  /^to must be later than from/,
  /^only QUEUED conversations can be sorted by/,
  /^(created|resolved|lastMessage)To must not be earlier than/,
  /^intoLeadId must be another lead/,
  /^redirectToInboxId must be another inbox/,
  /^isActive cannot be false/,
  /^operatorId must not be the caller/,
  /^revokeKeys needs isActive: false/,
  /^externalId must be missing or that of the path/,
  /^operatorId or inboxId must be given/,
  /^inboxId must be missing where operatorId is given/,
  /^then is possible only with the status PAUSED/,
  /^until must be (in the future|at most a year ahead)/,
  /^a search has either phoneNumber or q$/,
  /^\w+ must be missing with planId$/,
  /^(select|action) is needed without planId$/,
  /^select has either ids or filters$/,
  /^select\.filters must have a filter$/,
  /^action\.\w+ (is needed with|does not belong to) \w+$/,
  // Without the blanks around it.
  /^q must have at least 3 characters$/,
  /^set (either )?inboxId or inboxPhoneNumber/,
  /Without strict=true it is a warning\.$/,
  /^alpha and beta/,
  /^alpha must be at most \S+ times beta/,
  // Node cannot parse these.
  /^the request is not HTTP/,
  // These apply to routes with any query too.
  /(holds a NUL character|is set more than once)$/,
  /^(alpha|beta) must be 0 or at least 0.000001/,
  // A database knows no leap seconds. And ajv accepts a zone without a colon.
  /must be a time with its zone/,
  /must be a time (in the years 0001 to 9999 of UTC|of the 21st century)/,
  /must be a valid ISO 8601 date string$/,
  /^operator \S+ is in the list more than once/,
  /^expiresAt must be in the future/,
  /^the query is longer than/,
  /^url is not allowed/,
];

/** Operations with a result for each item. */
const ONE_BY_ONE = /\/(batch|orchestrator\/outlook)$/;

/** A stream starts with a retry interval and an id. */
const STREAM = /^[0-9a-f]+\r\nretry: \d+\nid: [\w-]+\n\n/;

/** The faults of a response. */
export function wrongWith(
  draft: Draft,
  sent: Sent,
  response: RawResponse,
  secrets: readonly string[],
): string[] {
  return [
    ...(response.status >= 500 ? ['it failed'] : []),
    ...wrongRequestId(sent, response),
    ...(response.status >= 400 ? wrongProblem(sent, response) : []),
    ...wrongByDocument(draft, sent, response),
    ...leaks(sent, response, secrets),
  ];
}

function wrongRequestId({ headers }: Sent, response: RawResponse): string[] {
  const id = response.headers['x-request-id'] ?? '';
  const [given, ...more] = headers.filter(([name]) => name === 'X-Request-Id').map(([, value]) => value);
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(id)) return ['it has no request id'];
  const sane = given !== undefined && more.length === 0 && /^[A-Za-z0-9._-]{1,128}$/.test(given);
  return sane && id !== given ? ['it has another request id than the request'] : [];
}

function wrongProblem({ method, path }: Sent, response: RawResponse): string[] {
  if (method === 'HEAD') return [];
  try {
    // An invalid HTTP request has no path.
    const { instance, errors } = response.body as { instance?: string; errors?: { field: string }[] };
    const isUnreadable = instance === '/' && (neverArrived(response) || errors?.[0]?.field === 'request');
    const code = problemCode(response, isUnreadable ? '/' : path);
    const [status] = Object.entries(PROBLEMS).find(([known]) => known === code)?.[1] ?? [];
    return status === response.status ? [] : [`the code ${code} does not belong to it`];
  } catch (error) {
    return [`it is not a problem as documented: ${(error as Error).message}`];
  }
}

function wrongByDocument(draft: Draft, sent: Sent, response: RawResponse): string[] {
  const route = routeOf(sent);
  if (neverArrived(response)) return [];
  // The document has no such route. The service must refuse it, or decode the address to a known route.
  if (route === undefined) return [];
  if (sent.method === 'HEAD') return [];
  const type = (response.headers['content-type'] ?? '').split(';')[0]!;
  const body = type === 'text/event-stream' ? response.text : response.body;
  const wrong = wrongResponse(route, { status: response.status, type, body });
  if (type === 'text/event-stream' && !STREAM.test(response.text))
    wrong.push('it does not begin as a stream');
  const faults = faultsOf(route, sent);
  const refused = response.body['code'] === 'VALIDATION_FAILED';
  if (ONE_BY_ONE.test(route.path) && response.status === 200)
    return [...wrong, ...wrongItems(faults, response), ...refusedItems(faults, response)];
  if (response.status < 300 && faults.length > 0) wrong.push(`it is taken, though ${faults.join('; ')}`);
  const isUnasked = route.operation.requestBody === undefined && sent.body !== undefined;
  if (refused && faults.length === 0 && !isUnasked && !besidesTheSchema(response))
    wrong.push(`the document has nothing against it${draft.isPlain ? '' : ' (bent)'}`);
  return wrong;
}

/** The address or the headers were too long for a request. */
function neverArrived({ body }: RawResponse): boolean {
  return body['code'] === 'HEADERS_TOO_LARGE';
}

function besidesTheSchema({ body }: RawResponse): boolean {
  return isBesidesTheSchema((body as { errors?: { message: string }[] }).errors);
}

function isBesidesTheSchema(errors: readonly { message: string }[] = []): boolean {
  return errors.every(({ message }) => BESIDES_THE_SCHEMA.some((rule) => rule.test(message)));
}

/** An invalid item must be refused, and the others must not fail with it. */
function wrongItems(faults: readonly string[], { body }: RawResponse): string[] {
  const results = body['results'] as { index: number; status: number }[];
  return faults.flatMap((fault) => {
    const index = /^body \/[a-z]+\/(\d+)/.exec(fault)?.[1];
    const taken = index === undefined || results[Number(index)]!.status < 300;
    return taken ? [`it is taken, though ${fault}`] : [];
  });
}

/** An item without a fault must not be refused as invalid. */
function refusedItems(faults: readonly string[], { body }: RawResponse): string[] {
  const results = body['results'] as {
    index: number;
    error?: { code: string; errors?: { message: string }[] };
  }[];
  return results.flatMap(({ index, error }) => {
    const isRefused = error?.code === 'VALIDATION_FAILED' && !isBesidesTheSchema(error.errors);
    const isFaulty = faults.some((fault) => new RegExp(`^body /[a-z]+/${index}\\b`).test(fault));
    return isRefused && !isFaulty ? [`the document has nothing against item ${index}`] : [];
  });
}

/** @param secrets values of the other tenant, except those that the request contains */
function leaks({ path, body, headers }: Sent, response: RawResponse, secrets: readonly string[]): string[] {
  const told = JSON.stringify([response.headers, response.body, response.text]).toLowerCase();
  const mentioned = mentionedIn({ path, body, headers }, secrets);
  return secrets
    .filter((secret) => told.includes(secret) && !mentioned.includes(secret))
    .map((secret) => `it tells ${secret} of the other tenant, ${pathOf(path)}`);
}

/** The secrets that a request contains. */
export function mentionedIn(
  { path, body, headers }: Pick<Sent, 'path' | 'body' | 'headers'>,
  secrets: readonly string[],
): string[] {
  const asked = [path, body?.toString('latin1') ?? '', JSON.stringify(headers)].join(' ').toLowerCase();
  return secrets.filter((secret) => asked.includes(secret));
}

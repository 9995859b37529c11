import { connect } from 'node:net';
import type { Headers } from './application.js';

export interface RawResponse {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** For server-sent events, only the beginning. */
  text: string;
}

export interface RawRequest {
  method?: string;
  /** The path as sent; no client corrects it. */
  path: string;
  headers?: Headers;
  /** Additional headers, also repeated ones. */
  moreHeaders?: readonly (readonly [name: string, value: string])[];
  body?: Buffer | string | undefined;
  /** A body in chunks, which does not announce its length. */
  chunks?: readonly string[];
}

const BEGUN_STREAM = /^content-type: text\/event-stream.*\r\n\r\n.*\n\n/ims;

/** Sends a request that HTTP clients would refuse to send. */
export async function raw(
  url: string,
  { method = 'GET', path, headers = {}, moreHeaders = [], body, chunks }: RawRequest,
): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  const bytes = Buffer.from(chunks === undefined ? (body ?? '') : chunked(chunks));
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${hostname}`,
    'Connection: close',
    ...(body === undefined ? [] : [`Content-Length: ${bytes.length}`]),
    ...(chunks === undefined ? [] : ['Transfer-Encoding: chunked']),
    ...[...Object.entries(headers), ...moreHeaders].map(([name, value]) => `${name}: ${value}`),
  ];
  const received = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      // A stream does not end. Its first block is enough.
      if (BEGUN_STREAM.test(Buffer.concat(chunks).toString())) socket.destroy();
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    // The service may close the connection before it has read a refused body. Use the response so far.
    socket.on('error', (error) => (chunks.length > 0 ? undefined : reject(error)));
    socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]));
  });
  return parse(received.toString());
}

function chunked(chunks: readonly string[]): string {
  return [...chunks, ''].map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('');
}

function parse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n');
  const body = text.slice(end + 4);
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ]);
  const response = {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(headers) as Record<string, string>,
  };
  if (response.headers['content-type']?.startsWith('text/event-stream') === true) {
    return { ...response, body: {}, text: body };
  }
  const isText = /^text\/(plain|csv)|ndjson/.test(response.headers['content-type'] ?? '');
  return {
    ...response,
    body: (body === '' ? {} : isText ? body : JSON.parse(body)) as Record<string, unknown>,
    text: body,
  };
}

/** The bytes of a JSON body. */
export function json(value: unknown, headers: Headers = {}): { headers: Headers; body: string } {
  return { headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** Expects a problem as RFC 9457 and the contract require. @returns its code */
export function problemCode(response: RawResponse, path: string): string {
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
  const { type, title, status, detail, code, instance, requestId } = response.body;
  expect({ type, title, status, detail, code, instance, requestId }).toEqual({
    type: `urn:inbox-allocation:problem:${String(code).toLowerCase().replaceAll('_', '-')}`,
    title: expect.any(String),
    status: response.status,
    detail: expect.any(String),
    code: expect.stringMatching(/^[A-Z_]+$/),
    instance: path.split('?')[0],
    requestId: response.headers['x-request-id'],
  });
  expect(requestId).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
  return String(code);
}

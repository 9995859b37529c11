import { connect } from 'node:net';
import type { Headers } from './application.js';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  /** Of server-sent events, which are not waited for, how they begin. */
  text: string;
}

export interface RawRequest {
  method?: string;
  /** As it goes over the wire: no client in between repairs it. */
  path: string;
  headers?: Headers;
  /** One after the other, also such as are there already. */
  moreHeaders?: readonly (readonly [name: string, value: string])[];
  body?: Buffer | string | undefined;
}

const BEGUN_STREAM = /^content-type: text\/event-stream.*\r\n\r\n.*\n\n/ims;

/** A request byte for byte, for what HTTP clients refuse to send. */
export async function raw(
  url: string,
  { method = 'GET', path, headers = {}, moreHeaders = [], body }: RawRequest,
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${hostname}`,
    'Connection: close',
    ...(body === undefined ? [] : [`Content-Length: ${bytes.length}`]),
    ...[...Object.entries(headers), ...moreHeaders].map(([name, value]) => `${name}: ${value}`),
  ];
  const received = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      // Never over by itself: the first block tells that it has begun.
      if (BEGUN_STREAM.test(Buffer.concat(chunks).toString())) socket.destroy();
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    // The service may close before it has read a body that it refuses: what it said until then counts.
    socket.on('error', (error) => (chunks.length > 0 ? undefined : reject(error)));
    socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]));
  });
  return parse(received.toString());
}

function parse(text: string): Answer {
  const end = text.indexOf('\r\n\r\n');
  const body = text.slice(end + 4);
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(':')).toLowerCase(),
    line.slice(line.indexOf(':') + 1).trim(),
  ]);
  const answer = {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(headers) as Record<string, string>,
  };
  if (answer.headers['content-type']?.startsWith('text/event-stream') === true) {
    return { ...answer, body: {}, text: body };
  }
  const isText = answer.headers['content-type']?.startsWith('text/plain') === true;
  return {
    ...answer,
    body: (body === '' ? {} : isText ? body : JSON.parse(body)) as Record<string, unknown>,
    text: body,
  };
}

/** The bytes of a JSON body. */
export function json(value: unknown, headers: Headers = {}): { headers: Headers; body: string } {
  return { headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

/** Expects a problem as RFC 9457 and the contract want it; its code. */
export function problemCode(answer: Answer, path: string): string {
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const { type, title, status, detail, code, instance, requestId } = answer.body;
  expect({ type, title, status, detail, code, instance, requestId }).toEqual({
    type: `urn:inbox-allocation:problem:${String(code).toLowerCase().replaceAll('_', '-')}`,
    title: expect.any(String),
    status: answer.status,
    detail: expect.any(String),
    code: expect.stringMatching(/^[A-Z_]+$/),
    instance: path.split('?')[0],
    requestId: answer.headers['x-request-id'],
  });
  expect(requestId).toMatch(/^[A-Za-z0-9._-]{1,128}$/);
  return String(code);
}

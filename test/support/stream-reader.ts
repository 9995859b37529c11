import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { EventResponse } from '../../src/ledger/event.js';
import type { Headers } from './application.js';
import { entries } from './ledger-entries.js';
import { page } from './pages.js';
import type { World } from './world.js';

export interface Told {
  id: string;
  type: string;
  data: EventResponse;
}

type Query = Record<string, string>;

/** Reads `GET /events/stream` as the HTML standard defines it for server-sent events. */
export class StreamReader {
  readonly events: Told[] = [];
  /** The Last-Event-ID that a browser would send. */
  lastEventId = '';
  retry: number | null = null;
  comments = 0;
  /** The number of blocks with only an id. */
  places = 0;
  hasEnded = false;
  private readonly news = new EventEmitter();
  private rest = '';
  private block: Record<string, string> = {};

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.read(chunk));
    // A cut connection also ends the stream.
    response.on('error', () => undefined);
    response.on('close', () => {
      this.hasEnded = true;
      this.news.emit('news');
    });
  }

  /** @param url of the service */
  static async open(url: string, headers: Headers, query: Query = {}): Promise<StreamReader> {
    const address = `${url}/api/v1/events/stream?${new URLSearchParams(query).toString()}`;
    const request = get(address, { headers, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) {
      const text = (await response.setEncoding('utf8').toArray()).join('');
      throw new Error(`${response.statusCode} ${text}`);
    }
    return new StreamReader(response);
  }

  /** Reconnects as a browser does. */
  again(url: string, headers: Headers, query: Query = {}): Promise<StreamReader> {
    this.close();
    return StreamReader.open(url, { ...headers, 'Last-Event-ID': this.lastEventId }, query);
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Waits until the condition holds. @throws an Error with the events so far */
  async until(isSo: (reader: this) => boolean, withinMs = 20_000): Promise<void> {
    const late = AbortSignal.timeout(withinMs);
    while (!isSo(this)) {
      if (late.aborted) {
        const { hasEnded, places, comments } = this;
        const types = this.types.slice(-5);
        throw new Error(
          `not within ${withinMs} ms: ${JSON.stringify({ types, hasEnded, places, comments })}`,
        );
      }
      await once(this.news, 'news', { signal: late }).catch(() => undefined);
    }
  }

  /** Waits for this number of events. Fails if there are more. */
  async told(count: number): Promise<string[]> {
    await this.until(({ events }) => events.length >= count);
    return this.types;
  }

  close(): void {
    this.response.destroy();
  }

  private read(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) this.line(line);
    this.news.emit('news');
  }

  private line(line: string): void {
    if (line === '') {
      this.dispatch();
      return;
    }
    const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line)!;
    if (field === '') this.comments++;
    else if (field === 'retry') this.retry = Number(value);
    else this.block[field] = value;
  }

  private dispatch(): void {
    const { id, event, data, ...more } = this.block;
    expect(more).toEqual({});
    this.block = {};
    if (id !== undefined) this.lastEventId = id;
    if (id !== undefined && data === undefined) this.places++;
    if (data === undefined) return;
    this.events.push({ id: this.lastEventId, type: event!, data: JSON.parse(data) as EventResponse });
  }
}

/** A cursor at the end of the tenant's feed. */
export async function endOfFeed({ app, admin }: World): Promise<string> {
  return (await page(app, '/events', admin, { after: 'latest' })).nextCursor!;
}

/** The text of a response; of a stream, only its beginning. */
export async function textOf(response: Response): Promise<string> {
  if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) return response.text();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value ?? []).toString();
}

/** A client that requests streams on one connection and reads only when the test says so. */
export async function deafReader(url: string, headers: Headers, streams = 1): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).pause();
  // The service will cut the connection.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET /api/v1/events/stream HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`.repeat(streams));
  return socket;
}

/** Inserts entries of about a kilobyte in one transaction. */
export async function manyEntries({ app, tenantId }: World, count: number): Promise<void> {
  await app.database.rows(
    `with ${entries(`
      insert into conversation_events (tenant_id, id, type, actor_type, reason)
      select $1, gen_random_uuid(), 'operator.available', 'SYSTEM', repeat('x', 500) from generate_series(1, $2)`)}
    select 1`,
    [tenantId, count],
  );
}

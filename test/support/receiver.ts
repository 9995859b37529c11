import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Headers } from './application.js';

export interface Received {
  path: string;
  headers: Headers;
  body: string;
  at: number;
}

type Reply = (response: ServerResponse, received: Received) => void;

/** A receiver of webhooks. It keeps the requests and responds as the test says. */
export class Receiver {
  readonly received: Received[] = [];
  /** The number of connections, also unused ones. */
  connections = 0;
  /** Responds to requests from now on. */
  reply: Reply = (response) => response.writeHead(204).end();

  private constructor(private readonly server: Server) {
    server.on('connection', () => this.connections++);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.take(request, response);
    });
  }

  static async start(port = 0): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Responds with this status from now on. */
  says(status: number, headers: Headers = {}, body = ''): void {
    this.reply = (response) => response.writeHead(status, headers).end(body);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const received = {
      path: request.url ?? '',
      headers: request.headers as Headers,
      body: Buffer.concat(chunks).toString(),
      at: Date.now(),
    };
    this.received.push(received);
    this.reply(response, received);
  }
}

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const HEADER = 12;
const TYPE_A = 1;

/** A name server that knows one address for every name, and is silent about those that begin with "silent". */
export class NameServer {
  private readonly held: (() => void)[] = [];

  private constructor(
    private readonly socket: Socket,
    readonly asked: string[] = [],
  ) {}

  static async start(address: string): Promise<NameServer> {
    const socket = createSocket('udp4');
    const server = new NameServer(socket);
    socket.on('message', (query, from) => {
      const name = nameIn(query);
      server.asked.push(name);
      const respond = () => socket.send(responseTo(query, address), from.port, from.address);
      if (name.startsWith('silent')) server.held.push(respond);
      else respond();
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  /** The silent names that were asked for. */
  get silent(): Set<string> {
    return new Set(this.asked.filter((name) => name.startsWith('silent')));
  }

  /** Responds to the queries about silent names so far. */
  breakSilence(): void {
    for (const respond of this.held.splice(0)) respond();
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  stop(): void {
    this.socket.close();
  }
}

/** A name is labels behind their lengths, and ends with an empty one. */
function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = HEADER; query[at] !== 0; at += query[at]! + 1) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
  }
  return labels.join('.');
}

/** RFC 1035, 4.1: the question again, and for type A one answer. */
function responseTo(query: Buffer, address: string): Buffer {
  const end = query.indexOf(0, HEADER) + 5;
  const answers = query.readUInt16BE(end - 4) === TYPE_A ? 1 : 0;
  const head = Buffer.from(query.subarray(0, HEADER));
  // A response, recursion available, no error; one question, the answers, nothing else.
  head.writeUInt16BE(0x8180, 2);
  for (const [offset, count] of [
    [4, 1],
    [6, answers],
    [8, 0],
    [10, 0],
  ] as const)
    head.writeUInt16BE(count, offset);
  const parts = [head, query.subarray(HEADER, end)];
  // The name of the question, type A, class IN, a minute, four bytes.
  const record = [0xc0, HEADER, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)];
  if (answers === 1) parts.push(Buffer.from(record));
  return Buffer.concat(parts);
}

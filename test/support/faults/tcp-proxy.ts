import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What becomes of what a connection says next. `deaf`: nothing reaches the server any more; `mute`: nothing comes back;
 * in both nobody hears that the other one has gone. `cut`: both ends hear that it is over.
 */
export type Fate = 'pass' | 'deaf' | 'mute' | 'cut';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  fate: Fate;
}

/** Stands between the service and PostgreSQL, and does to their connections what networks do. */
export class TcpProxy {
  /** Asked about each piece that a client sends; what it says holds for the rest of that connection. */
  fateOf: (said: Buffer) => Fate = () => 'pass';
  /** Each piece arrives so much later, in either direction. */
  delayMs = 0;
  /** New connections are closed at once. */
  refuses = false;
  /** How many pieces were swallowed. */
  swallowed = 0;
  private readonly links = new Set<Link>();

  private constructor(
    private readonly listener: Server,
    private target: URL,
  ) {
    listener.on('connection', (client) => this.link(client));
  }

  static async before(databaseUrl: string): Promise<TcpProxy> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new TcpProxy(listener, new URL(databaseUrl));
  }

  /** The address of the database, by way of this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.listener.address() as AddressInfo).port);
    return url.href;
  }

  /** From now on it leads there: a server that comes back may have another port. */
  leadTo(databaseUrl: string): void {
    this.target = new URL(databaseUrl);
  }

  get connections(): number {
    return this.links.size;
  }

  /** Ends every connection without a word, as a cable does. */
  cut(): void {
    for (const link of this.links) this.unlink(link);
  }

  /** Every connection, also new ones, stays open and nothing passes any more. */
  blackHole(): void {
    this.fateOf = () => 'deaf';
    for (const link of this.links) link.fate = 'deaf';
  }

  /** Connections are as they should be again. What was swallowed stays so: those connections are cut. */
  heal(): void {
    this.fateOf = () => 'pass';
    this.delayMs = 0;
    this.refuses = false;
    for (const link of this.links) if (link.fate !== 'pass') this.unlink(link);
  }

  async close(): Promise<void> {
    this.cut();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private link(client: Socket): void {
    if (this.refuses) {
      client.destroy();
      return;
    }
    const server = connect(Number(this.target.port), this.target.hostname);
    const link: Link = { client, server, fate: 'pass' };
    this.links.add(link);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (link.fate === 'pass') this.unlink(link);
      });
    }
    client.on('data', (said) => {
      const before = link.fate;
      if (before === 'pass') link.fate = this.fateOf(said);
      if (link.fate === 'cut') {
        this.unlink(link);
        return;
      }
      // Whoever falls mute was heard once more: that is what makes the outcome unknown.
      if (link.fate === 'deaf') this.swallowed++;
      else if (before !== 'deaf') this.pass(said, server);
    });
    server.on('data', (answer) => {
      if (link.fate === 'pass') this.pass(answer, client);
      else this.swallowed++;
    });
  }

  private pass(piece: Buffer, to: Socket): void {
    // Timers of one length fire in the order they were set, so pieces stay in order.
    if (this.delayMs > 0) setTimeout(() => to.write(piece), this.delayMs);
    else to.write(piece);
  }

  private unlink(link: Link): void {
    this.links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }
}

/** Whether a piece that the driver sends has this statement in it, as text. */
export function says(said: Buffer, statement: string): boolean {
  return said.includes(statement);
}

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What happens to the next data of a connection. `deaf`: nothing reaches the server. `mute`: nothing returns to the
 * client. In both, neither end notices. `cut`: both ends see that the connection is closed.
 */
export type Fate = 'pass' | 'deaf' | 'mute' | 'cut';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  fate: Fate;
}

/** A proxy between the service and PostgreSQL that simulates faults of a network. */
export class TcpProxy {
  /** Called with each chunk of a client. Its result applies to the rest of the connection. */
  fateOf: (said: Buffer) => Fate = () => 'pass';
  /** Delay of each chunk in milliseconds, in both directions. */
  delayMs = 0;
  /** New connections are closed at once. */
  refuses = false;
  /** The number of chunks that it dropped. */
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

  /** The address of the database through this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.port = String((this.listener.address() as AddressInfo).port);
    return url.href;
  }

  /** Connects to this database from now on, because a restarted server may have another port. */
  leadTo(databaseUrl: string): void {
    this.target = new URL(databaseUrl);
  }

  get connections(): number {
    return this.links.size;
  }

  /** Closes every connection at once. */
  cut(): void {
    for (const link of this.links) this.unlink(link);
  }

  /** Keeps every connection open, new ones too, and passes nothing. */
  blackHole(): void {
    this.fateOf = () => 'deaf';
    for (const link of this.links) link.fate = 'deaf';
  }

  /** Ends the faults. Connections with dropped chunks are cut. */
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
      // With `mute` the server still gets this chunk, so the outcome is unknown.
      if (link.fate === 'deaf') this.swallowed++;
      else if (before !== 'deaf') this.pass(said, server);
    });
    server.on('data', (response) => {
      if (link.fate === 'pass') this.pass(response, client);
      else this.swallowed++;
    });
  }

  private pass(piece: Buffer, to: Socket): void {
    // Timers with equal delays fire in order, so chunks stay in order.
    if (this.delayMs > 0) setTimeout(() => to.write(piece), this.delayMs);
    else to.write(piece);
  }

  private unlink(link: Link): void {
    this.links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }
}

/** Whether a chunk of the driver contains this statement. */
export function says(said: Buffer, statement: string): boolean {
  return said.includes(statement);
}

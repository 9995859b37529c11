import { hash } from 'node:crypto';
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Gauge } from 'prom-client';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { clientAddress, networkOf } from '../http/client-address.js';
import { onceOver } from '../http/once-over.js';
import { Problem } from '../http/problem.js';
import { SlowPath } from '../http/slow-path.js';
import { RefusedRequests } from './refused-requests.js';

const WAITING = new Gauge({
  name: 'inbox_authentications_waiting',
  help: 'Requests that wait because too many from their address did not prove who is calling.',
});

/** The addresses that are remembered; the one without a failure for longest is forgotten first. */
const MOST_ADDRESSES = 10_000;
/** The requests of all addresses together that can wait. Each keeps a connection. */
const MOST_WAITING = 4_096;
/** The keys that are remembered as genuine. */
const MOST_KEYS = 10_000;
/** What failed at the same moment must be paid for, but nobody waits longer than this for it. */
const LONGEST_DEBT_SECONDS = 60;

interface Waiter {
  readonly admit: () => void;
  readonly refuse: (problem: Problem) => void;
}

interface Address {
  readonly network: string;
  /** How many failures are free. Less than zero after many at the same moment. */
  left: number;
  /** When `left` was computed. */
  at: number;
  isCalling: boolean;
  readonly waiting: Set<Waiter>;
}

/**
 * Slows down who guesses. An address has some failures free, and gets some more each second. After that, a key that is
 * not known to be genuine waits for its turn before it is checked, and what is checked at once, such as a token, waits
 * afterwards if it is wrong. What proves who is calling never waits, because thousands can share the address of a
 * gateway. A request that waits has not reached the database, or is done with it.
 */
@Injectable()
export class GuessLimiter implements BeforeApplicationShutdown {
  private readonly addresses = new Map<string, Address>();
  private readonly slowPath = new SlowPath();
  /** Hashes of keys that were genuine, the oldest first. */
  private readonly genuine = new Set<string>();
  private readonly limits: Environment['failedAuthentications'];
  private waiting = 0;
  private isClosing = false;

  constructor(
    @Inject(ENVIRONMENT) { failedAuthentications }: Environment,
    private readonly refused: RefusedRequests,
  ) {
    this.limits = failedAuthentications;
  }

  private get isOff(): boolean {
    return this.limits.perSecond === 0 || this.isClosing;
  }

  /**
   * Waits before a key is checked, when its address has failed too often.
   * @returns whether it has waited; then call `succeeded` unless the key is wrong
   * @throws RATE_LIMITED when too many wait
   */
  async beforeCheck(key: string, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    // Nearly always nobody has failed.
    if (this.isOff || this.addresses.size === 0) return false;
    const address = this.addresses.get(networkOf(clientAddress(request)));
    if (address === undefined || this.isFree(address) || this.genuine.has(hashOf(key))) return false;
    await this.turn(address, request, reply, () => address.left--);
    return true;
  }

  /** A key that has waited was not wrong. */
  succeeded(request: FastifyRequest): void {
    const address = this.addresses.get(networkOf(clientAddress(request)));
    if (address !== undefined) address.left++;
  }

  /** From now on the key does not wait. */
  remember(key: string): void {
    if (this.isOff) return;
    const hashed = hashOf(key);
    if (this.genuine.has(hashed)) return;
    this.genuine.add(hashed);
    const [oldest] = this.genuine.size > MOST_KEYS ? this.genuine : [];
    if (oldest !== undefined) this.genuine.delete(oldest);
  }

  /**
   * Counts a failure and waits before its response, when the address has failed too often.
   * @throws RATE_LIMITED when too many wait
   */
  async afterFailure(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.isOff) return;
    const address = this.touched(networkOf(clientAddress(request)));
    const isFree = this.isFree(address);
    address.left = Math.max(address.left - 1, -LONGEST_DEBT_SECONDS * this.limits.perSecond);
    if (!isFree) await this.turn(address, request, reply);
  }

  /** Nobody must wait for those who wait. */
  beforeApplicationShutdown(): void {
    this.isClosing = true;
    for (const { waiting } of this.addresses.values()) {
      for (const { refuse } of waiting) {
        refuse(new Problem('SHUTTING_DOWN', 'This instance is stopping. Try again.'));
      }
    }
  }

  private isFree(address: Address): boolean {
    const now = performance.now();
    const more = ((now - address.at) / 1_000) * this.limits.perSecond;
    address.left = Math.min(this.limits.atOnce, address.left + more);
    address.at = now;
    return address.left >= 1 && address.waiting.size === 0;
  }

  private touched(network: string): Address {
    const address = this.addresses.get(network) ?? {
      network,
      left: this.limits.atOnce,
      at: performance.now(),
      isCalling: false,
      waiting: new Set<Waiter>(),
    };
    this.addresses.delete(network);
    if (this.addresses.size >= MOST_ADDRESSES) this.forgetOne();
    this.addresses.set(network, address);
    return address;
  }

  private forgetOne(): void {
    for (const { network, waiting } of this.addresses.values()) {
      if (waiting.size > 0) continue;
      this.addresses.delete(network);
      return;
    }
  }

  private async turn(
    address: Address,
    request: FastifyRequest,
    reply: FastifyReply,
    onEntry: () => void = () => undefined,
  ): Promise<void> {
    const { waiting, network } = address;
    if (waiting.size >= this.limits.waiting || this.waiting >= MOST_WAITING) {
      await this.slowPath.turn();
      this.refused.countAddress(network, 'failed authentications');
      const detail = 'Too many requests from your address did not prove who is calling. Wait a moment.';
      throw new Problem('RATE_LIMITED', detail, {}, 'failed authentications');
    }
    onEntry();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        if (!waiting.delete(waiter)) return false;
        this.waiting--;
        WAITING.dec();
        return true;
      };
      const waiter: Waiter = {
        admit: () => {
          if (leave()) resolve();
        },
        refuse: (problem) => {
          if (leave()) reject(problem);
        },
      };
      waiting.add(waiter);
      this.waiting++;
      WAITING.inc();
      this.callNextLater(address);
      const clientLeft = new Problem('REQUEST_TIMEOUT', 'The client has left.');
      onceOver(request.socket, reply.raw, () => waiter.refuse(clientLeft));
    });
  }

  private callNextLater(address: Address): void {
    if (address.isCalling) return;
    address.isCalling = true;
    setTimeout(() => {
      address.isCalling = false;
      const [next] = address.waiting;
      next?.admit();
      if (address.waiting.size > 0) this.callNextLater(address);
    }, 1_000 / this.limits.perSecond).unref();
  }
}

function hashOf(key: string): string {
  return hash('sha256', key, 'base64');
}

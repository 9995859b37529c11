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

/** A key that is checked against the database. It has taken one of the failures that its address has left. */
export interface Check {
  /** The key is genuine, so the failure is given back. */
  passed(): void;
  /** The key is wrong. */
  failed(): void;
  /** Nobody knows, because the database did not respond. Then nobody waits for others to find out. */
  gaveUp(): void;
}

/** A key that waits because those that are checked could take all failures that are left. */
interface Undecided {
  readonly hashed: string;
  /** With null it is checked without having taken a failure. */
  readonly decide: (check: Check | 'in turn' | null) => void;
}

interface Address {
  readonly network: string;
  /** How many failures are free. Less than zero after many at the same moment. */
  left: number;
  /** When `left` was computed. */
  at: number;
  /** The keys that are checked now. */
  checking: number;
  readonly undecided: Undecided[];
  isCalling: boolean;
  readonly waiting: Set<Waiter>;
}

/**
 * Slows down who guesses. An address has some failures free, and gets some more each second. After that, a key that is
 * not known to be genuine waits for its turn before it is checked, and what is checked at once, such as a token, waits
 * afterwards if it is wrong. What proves who is calling does not wait, because thousands can share the address of a
 * gateway. A request that waits has not reached the database, or is done with it.
 * | Each of the keys that are checked at the same moment could be wrong, so together they are never more than the
 * failures that are left: the first guesses of a thousand connections would reach the database otherwise. The other
 * keys wait until these are known.
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
   * @returns null when the key is known to be genuine; otherwise say what the check has shown
   * @throws RATE_LIMITED when too many wait
   */
  async beforeCheck(key: string, request: FastifyRequest, reply: FastifyReply): Promise<Check | null> {
    if (this.isOff) return null;
    const hashed = hashOf(key);
    if (this.genuine.has(hashed)) return null;
    const address = this.touched(networkOf(clientAddress(request)));
    const decision = await new Promise<Check | 'in turn' | null>((decide) => {
      address.undecided.push({ hashed, decide });
      this.decide(address);
    });
    if (decision !== 'in turn') return decision;
    await this.turn(address, request, reply, () => address.left--);
    return this.check(address, hashed);
  }

  /**
   * Counts a failure and waits before its response, when the address has failed too often.
   * @throws RATE_LIMITED when too many wait
   */
  async afterFailure(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.isOff) return;
    const address = this.touched(networkOf(clientAddress(request)));
    // Keys that are checked are not failures yet.
    const isFree = this.isFreeWith(address, address.checking);
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

  private decide(address: Address): void {
    const { undecided } = address;
    for (let next = undecided[0]; next !== undefined; next = undecided[0]) {
      const isFree = this.isFreeWith(address, 0);
      const isKnown = this.genuine.has(next.hashed);
      if (!isKnown && !isFree && this.isFreeWith(address, address.checking)) return;
      undecided.shift();
      if (isKnown) next.decide(null);
      else if (isFree) {
        address.left--;
        next.decide(this.check(address, next.hashed));
      } else next.decide('in turn');
    }
  }

  /** A failure has been taken for it already. */
  private check(address: Address, hashed: string): Check {
    address.checking++;
    let hasEnded = false;
    const end = (givenBack: number, then: () => void = () => undefined) => {
      if (hasEnded) return;
      hasEnded = true;
      address.checking--;
      address.left += givenBack;
      then();
      this.decide(address);
      this.forgetUnlessFailed(address);
    };
    return {
      passed: () => end(1, () => this.remember(hashed)),
      failed: () => end(0),
      gaveUp: () =>
        end(1, () => {
          for (const { decide } of address.undecided.splice(0)) decide(null);
        }),
    };
  }

  private remember(hashed: string): void {
    this.genuine.add(hashed);
    const [oldest] = this.genuine.size > MOST_KEYS ? this.genuine : [];
    if (oldest !== undefined) this.genuine.delete(oldest);
  }

  /** Whether the address has a failure left, when this many are given back. */
  private isFreeWith(address: Address, givenBack: number): boolean {
    const now = performance.now();
    const more = ((now - address.at) / 1_000) * this.limits.perSecond;
    address.left = Math.min(this.limits.atOnce, address.left + more);
    address.at = now;
    return address.left + givenBack >= 1 && address.waiting.size === 0;
  }

  private touched(network: string): Address {
    const address = this.addresses.get(network) ?? {
      network,
      left: this.limits.atOnce,
      at: performance.now(),
      checking: 0,
      undecided: [],
      isCalling: false,
      waiting: new Set<Waiter>(),
    };
    this.addresses.delete(network);
    if (this.addresses.size >= MOST_ADDRESSES) this.forgetOne();
    this.addresses.set(network, address);
    return address;
  }

  private forgetUnlessFailed(address: Address): void {
    const isAsNew = this.isFreeWith(address, 0) && address.left === this.limits.atOnce;
    if (isAsNew && this.addresses.get(address.network) === address) this.addresses.delete(address.network);
  }

  private forgetOne(): void {
    for (const { network, waiting, checking } of this.addresses.values()) {
      if (waiting.size > 0 || checking > 0) continue;
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

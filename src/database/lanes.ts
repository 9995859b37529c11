import { WaitedTooLong } from './failure.js';

/** The kinds of work that share the connections of the pool. */
export const LANES = [
  'requests',
  'allocate',
  'held-up',
  'background',
  'webhooks',
  'feed',
  'exports',
] as const;
export type Lane = (typeof LANES)[number];

interface Budget {
  /** The most connections that the lane uses at the same time. */
  readonly connections: number;
  /** The most of these for one tenant. */
  readonly ofTenant: number;
  /** Whether a caller waits for the result. Then the wait is limited by the connection timeout. */
  readonly isImpatient: boolean;
}

/**
 * The budgets of a pool. Their sum can exceed the pool, because the lanes are rarely all full; then the pool serves
 * them in turn. Requests can use every connection that the other lanes leave, those of one tenant half of the pool.
 */
function budgetsOf(poolSize: number): Record<Lane, Budget> {
  const half = Math.ceil(poolSize / 2);
  const quarter = Math.max(1, Math.floor(poolSize / 4));
  return {
    requests: { connections: poolSize, ofTenant: half, isImpatient: true },
    // Fewer batches at the same time put more operators into each batch.
    allocate: { connections: half, ofTenant: 1, isImpatient: true },
    'held-up': { connections: quarter, ofTenant: 1, isImpatient: true },
    background: { connections: quarter, ofTenant: 1, isImpatient: false },
    webhooks: { connections: quarter, ofTenant: 1, isImpatient: false },
    feed: { connections: quarter, ofTenant: 1, isImpatient: false },
    // Between two batches an export uses none.
    exports: { connections: quarter, ofTenant: 1, isImpatient: false },
  };
}

/** The right to use one connection. */
export interface Slot {
  readonly lane: Lane;
  /** False after the connection was given back. */
  isHeld: boolean;
}

interface State {
  readonly budget: Budget;
  readonly ofTenant: Map<string, number>;
  inUse: number;
  /** Waiting work by tenant. The first tenant is next. */
  readonly waiting: Map<string, (() => void)[]>;
}

/** Stands for work across tenants. */
const NOBODY = '';

/**
 * Limits the connections of each lane in front of the pool. Tenants take turns within a lane, and no tenant gets more
 * than three quarters of the pool over all lanes. It is a counter in memory and costs no round trip.
 */
export class Lanes {
  private readonly lanes: Record<Lane, State>;
  private readonly ofTenant = new Map<string, number>();
  private readonly mostOfTenant: number;

  /** @param patienceMs how long work with a waiting caller waits */
  constructor(
    poolSize: number,
    private readonly patienceMs: number,
  ) {
    this.mostOfTenant = poolSize - Math.floor(poolSize / 4);
    const budgets = budgetsOf(poolSize);
    const state = (lane: Lane): State => ({
      budget: budgets[lane],
      ofTenant: new Map(),
      inUse: 0,
      waiting: new Map(),
    });
    this.lanes = Object.fromEntries(LANES.map((lane) => [lane, state(lane)])) as Record<Lane, State>;
  }

  /** The current use of a lane. */
  use(lane: Lane): { connections: number; inUse: number; waiting: number } {
    const { budget, inUse, waiting } = this.lanes[lane];
    let count = 0;
    for (const queue of waiting.values()) count += queue.length;
    return { connections: budget.connections, inUse, waiting: count };
  }

  /**
   * Runs `work` when the lane has a connection for the tenant.
   * @param tenantId null for work across tenants
   * @throws WaitedTooLong
   */
  async run<T>(lane: Lane, tenantId: string | null, work: (slot: Slot) => Promise<T>): Promise<T> {
    const tenant = tenantId ?? NOBODY;
    const state = this.lanes[lane];
    // Earlier work of the same tenant goes first.
    if (state.waiting.has(tenant) || !this.admits(state, tenant)) await this.turn(lane, tenant);
    else this.take(state, tenant);
    return this.inSlot(lane, tenant, work);
  }

  /** Runs `work` at once, if the lane has a connection for the tenant and nobody waits for it; otherwise null. */
  runIfFree<T>(lane: Lane, tenantId: string, work: (slot: Slot) => Promise<T>): Promise<T> | null {
    const state = this.lanes[lane];
    if (state.waiting.size > 0 || !this.admits(state, tenantId)) return null;
    this.take(state, tenantId);
    return this.inSlot(lane, tenantId, work);
  }

  /** Runs `work` with a connection that the lane has taken for it. */
  private async inSlot<T>(lane: Lane, tenant: string, work: (slot: Slot) => Promise<T>): Promise<T> {
    const slot = { lane, isHeld: true };
    try {
      return await work(slot);
    } finally {
      slot.isHeld = false;
      this.giveBack(this.lanes[lane], tenant);
    }
  }

  private admits({ budget, inUse, ofTenant }: State, tenant: string): boolean {
    if (inUse >= budget.connections) return false;
    if (tenant === NOBODY) return true;
    return (
      (ofTenant.get(tenant) ?? 0) < budget.ofTenant && (this.ofTenant.get(tenant) ?? 0) < this.mostOfTenant
    );
  }

  private take(state: State, tenant: string): void {
    state.inUse++;
    add(state.ofTenant, tenant, 1);
    add(this.ofTenant, tenant, 1);
  }

  private giveBack(state: State, tenant: string): void {
    state.inUse--;
    add(state.ofTenant, tenant, -1);
    add(this.ofTenant, tenant, -1);
    for (const lane of LANES) this.callNext(this.lanes[lane]);
  }

  /** Resolves when a connection has been reserved for the tenant. */
  private turn(lane: Lane, tenant: string): Promise<void> {
    const { budget, waiting } = this.lanes[lane];
    return new Promise((resolve, reject) => {
      const queue = waiting.get(tenant) ?? [];
      const giveUp = () => {
        queue.splice(queue.indexOf(call), 1);
        if (queue.length === 0 && waiting.get(tenant) === queue) waiting.delete(tenant);
        reject(new WaitedTooLong(`a connection (${lane})`));
      };
      const timer = budget.isImpatient ? setTimeout(giveUp, this.patienceMs) : undefined;
      const call = () => {
        clearTimeout(timer);
        resolve();
      };
      queue.push(call);
      waiting.set(tenant, queue);
    });
  }

  private callNext(state: State): void {
    if (state.waiting.size === 0) return;
    for (const [tenant, queue] of state.waiting) {
      if (state.inUse >= state.budget.connections) return;
      if (!this.admits(state, tenant)) continue;
      state.waiting.delete(tenant);
      const [call] = queue.splice(0, 1);
      // The tenant moves to the end of the line and is considered again while connections are free.
      if (queue.length > 0) state.waiting.set(tenant, queue);
      this.take(state, tenant);
      call?.();
    }
  }
}

function add(counts: Map<string, number>, tenant: string, change: number): void {
  const count = (counts.get(tenant) ?? 0) + change;
  if (count === 0) counts.delete(tenant);
  else counts.set(tenant, count);
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { Client } from 'pg';
import {
  isReportedByServer,
  isConnectionLost,
  isTransient,
  isUnavailable,
  OutcomeUnknown,
  sqlStateOf,
} from './failure.js';
import { Lanes, type Lane, type Slot } from './lanes.js';
import { poolOf, shareInUse } from './pool.js';
import { countRetry } from './retry-metrics.js';
import { rowsOf, sql, type Statement } from './statement.js';
import { bindRepositories } from './tenant-data-source.js';

export type Transaction = EntityManager;

const SET_TENANT = sql`select set_config('app.tenant_id', $1::uuid::text, true)`;

const ATTEMPTS = 4;

/** One transaction around all that a request does. */
interface AmbientTransaction {
  readonly tx: Transaction;
  /** To be done when it has committed. */
  readonly later: (() => Promise<void> | void)[];
  /** What `outsideTransaction` has found already, in the order of its calls. */
  readonly found: Iterator<unknown>;
}

/** Ends an attempt of `atomically` that needs something from outside first. */
class NeedsOutside extends Error {
  constructor(readonly work: () => Promise<unknown>) {
    super('to be done outside of the transaction');
  }
}

/** Where every transaction starts. Nothing of a tenant can be read or written outside of `inTenant`. */
@Injectable()
export class Database {
  readonly lanes: Lanes;
  private readonly ambient = new AsyncLocalStorage<AmbientTransaction>();
  private readonly slot = new AsyncLocalStorage<Slot>();

  constructor(private readonly source: DataSource) {
    const { max, connectionTimeoutMillis = 0 } = poolOf(source).options;
    this.lanes = new Lanes(max, connectionTimeoutMillis);
  }

  /**
   * Runs `work` in another lane than that of requests, when that has a connection for the tenant. Within, one connection
   * is used at a time.
   * @param tenantId null: work across tenants
   */
  inLane<T>(lane: Exclude<Lane, 'requests'>, tenantId: string | null, work: () => Promise<T>): Promise<T> {
    return this.lanes.run(lane, tenantId, (slot) => this.slot.run(slot, work));
  }

  /**
   * Runs `work` in one transaction that sees and writes the rows of one tenant only, and commits when it resolves.
   * Injected repositories work in it, too.
   * After a deadlock, a serialization failure, or a connection that was lost before the COMMIT, the whole of `work` runs
   * again, so it must do nothing but statements.
   * @throws OutcomeUnknown when the connection was lost during the COMMIT
   */
  async inTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const outer = this.ambient.getStore();
    if (outer !== undefined) {
      await rowsOf(outer.tx, SET_TENANT, [tenantId]);
      return bindRepositories(outer.tx, () => work(outer.tx));
    }
    return retrying(isKnownToBeUndone, () =>
      this.transaction(tenantId, async (tx) => {
        await rowsOf(tx, SET_TENANT, [tenantId]);
        return bindRepositories(tx, () => work(tx));
      }),
    );
  }

  /**
   * Calls a function of the database that sets the tenant itself, or looks across tenants: one round trip.
   * @param tenantId of whom it is; null: across tenants
   * @throws OutcomeUnknown when the connection was lost before the response came
   */
  call<Row extends object>(
    tenantId: string | null,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return this.single(isKnownToBeUndone, tenantId, statement, values);
  }

  /** The same for a statement that may run twice, such as one that only reads: an unknown outcome is no obstacle. */
  query<Row extends object>(
    tenantId: string | null,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return this.single(isWorthAnotherTry, tenantId, statement, values);
  }

  /**
   * Runs `work`, and every `inTenant` and `call` that it leads to, in one transaction, so that what is written beside an
   * effect stands or falls with it. Runs again as `inTenant` does; also when the connection was lost and nobody knows
   * whether it committed, so `work` begins by finding that out.
   * @param tenantId of whom it is; null: across tenants
   */
  async atomically<T>(tenantId: string | null, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const found: unknown[] = [];
    for (;;) {
      try {
        return await this.attempt(tenantId, work, found);
      } catch (error) {
        if (!(error instanceof NeedsOutside)) throw error;
        found.push(await error.work());
      }
    }
  }

  private async attempt<T>(
    tenantId: string | null,
    work: (tx: Transaction) => Promise<T>,
    found: readonly unknown[],
  ): Promise<T> {
    const { result, later } = await retrying(isWorthAnotherTry, () =>
      this.transaction(tenantId, async (tx) => {
        const ambient: AmbientTransaction = { tx, later: [], found: found.values() };
        const done = await this.ambient.run(ambient, () => work(tx));
        return { result: done, later: ambient.later };
      }),
    );
    for (const run of later) await run();
    return result;
  }

  /**
   * Runs `work` while no transaction is open: what waits for others than the database, or is a transaction of its own.
   * Inside of `atomically` that one is rolled back for it and begins again with the result, so call this before anything
   * is written, and let `work` do nothing that must not happen twice.
   */
  async outsideTransaction<T>(work: () => Promise<T>): Promise<T> {
    const outer = this.ambient.getStore();
    if (outer === undefined) return work();
    const next = outer.found.next();
    if (next.done !== true) return next.value as T;
    throw new NeedsOutside(work);
  }

  /** Runs `work` at once, or, inside of `atomically`, when that has committed. */
  async afterCommit(work: () => Promise<void> | void): Promise<void> {
    const outer = this.ambient.getStore();
    if (outer === undefined) await work();
    else outer.later.push(work);
  }

  /** The share of the connections that are in use just now, 0 to 1. */
  get shareInUse(): number {
    return shareInUse(this.source);
  }

  /** Whether `atomically` is around this. */
  get isInTransaction(): boolean {
    return this.ambient.getStore() !== undefined;
  }

  private async single<Row extends object>(
    isRepeatable: (error: unknown) => boolean,
    tenantId: string | null,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const outer = this.ambient.getStore();
    if (outer !== undefined) return rowsOf<Row>(outer.tx, statement, values);
    return retrying(isRepeatable, () =>
      this.connected(tenantId, async (runner) => {
        // It commits by itself, so the whole of it is what the COMMIT is to a transaction.
        await runner.connect();
        return rowsOf<Row>(runner.manager, statement, values).catch(asUnknownOutcome);
      }),
    );
  }

  private transaction<T>(tenantId: string | null, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.connected(tenantId, async (runner) => {
      try {
        await runner.startTransaction();
        const result = await work(runner.manager);
        // A connection that was lost meanwhile takes no COMMIT: then nothing was done.
        if (runner.isReleased) throw new Error('connection terminated before the COMMIT');
        await runner.commitTransaction().catch(asUnknownOutcome);
        return result;
      } catch (error) {
        // The first error is the one to report.
        if (runner.isTransactionActive && isUsable(error))
          await runner.rollbackTransaction().catch(() => close(runner));
        throw error;
      }
    });
  }

  /** Uses one connection, within the budget of the lane that the work is in. */
  private connected<T>(tenantId: string | null, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    if (this.slot.getStore()?.isHeld === true) return this.onConnection(work);
    return this.lanes.run('requests', tenantId, () => this.onConnection(work));
  }

  /** The next user of a connection must find it idle, so one in an unknown state is closed instead. */
  private async onConnection<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      return await work(runner);
    } catch (error) {
      if (!isUsable(error)) await close(runner);
      throw error;
    } finally {
      await runner.release();
    }
  }
}

/** Errors of ours, and those that PostgreSQL answers with, leave the connection as it was. */
function isUsable(error: unknown): boolean {
  return isReportedByServer(error) || !(error instanceof OutcomeUnknown || isUnavailable(error));
}

/** Without waiting for a farewell: there may be nobody who says it. */
async function close(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect().catch(() => null)) as Client | null;
  client?.end().catch(() => undefined);
}

/** What PostgreSQL answers was not done; any other failure leaves that open. */
function asUnknownOutcome(error: unknown): never {
  throw isReportedByServer(error) ? error : new OutcomeUnknown(error);
}

function isKnownToBeUndone(error: unknown): boolean {
  return isTransient(error) || (isConnectionLost(error) && !(error instanceof OutcomeUnknown));
}

/** Whoever finds out first whether it was done, or does nothing that could be done twice. */
function isWorthAnotherTry(error: unknown): boolean {
  return isTransient(error) || isConnectionLost(error);
}

/** Pauses grow, with jitter, so that those who met do not meet again. */
async function retrying<T>(isRepeatable: (error: unknown) => boolean, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (attempt === ATTEMPTS || !isRepeatable(error)) throw error;
      countRetry(sqlStateOf(error));
      const pauseMs = Math.random() * 10 * 2 ** attempt;
      await pause(pauseMs);
    }
  }
}

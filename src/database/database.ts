import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { Client } from 'pg';
import { isReportedByServer, leavesUsable, OutcomeUnknown } from './failure.js';
import { Lanes, type Lane, type Slot } from './lanes.js';
import { poolOf, shareInUse } from './pool.js';
import { isKnownToBeUndone, isWorthAnotherTry, retrying } from './retrying.js';
import { isDistributed, setTenant, setTenantAndJoins, setTenantOnNodes } from './set-tenant.js';
import { namesStatements, rowsOf, sql, type Statement } from './statement.js';
import { bindRepositories } from './tenant-data-source.js';

export type Transaction = EntityManager;

const EXPORT_SNAPSHOT = sql`select pg_export_snapshot() as id`;

/** The transaction around a whole request. */
interface AmbientTransaction {
  readonly tx: Transaction;
  /** Work for after the COMMIT. */
  readonly later: (() => Promise<void> | void)[];
  /** The results of earlier `outsideTransaction` calls, in the order of the calls. */
  readonly found: Iterator<unknown>;
}

/** Aborts an attempt of `atomically` that first needs work outside of the transaction. */
class NeedsOutside extends Error {
  constructor(readonly work: () => Promise<unknown>) {
    super('the work must run outside of the transaction');
  }
}

/** Starts every transaction. Rows of tenants can be read and written only inside of `inTenant`. */
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
   * Runs `work` in another lane than that of requests, when the lane has a connection for the tenant. Statements of
   * the work use one connection at a time.
   * @param tenantId null for work across tenants
   */
  inLane<T>(lane: Exclude<Lane, 'requests'>, tenantId: string | null, work: () => Promise<T>): Promise<T> {
    return this.lanes.run(lane, tenantId, (slot) => this.slot.run(slot, work));
  }

  /**
   * Runs `work` in one transaction that reads and writes the rows of one tenant only, and commits when it resolves.
   * Injected repositories use this transaction.
   * After a deadlock, a serialization failure, or a connection that was lost before the COMMIT, `work` runs again from
   * the start. So it must have no effects outside of the database.
   * @throws OutcomeUnknown when the connection was lost during the COMMIT
   */
  async inTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const outer = this.ambient.getStore();
    if (outer !== undefined) {
      await setTenant(outer.tx, tenantId);
      return bindRepositories(outer.tx, () => work(outer.tx));
    }
    return retrying(isKnownToBeUndone, () =>
      this.transaction(tenantId, async (tx) => {
        await setTenant(tx, tenantId);
        return bindRepositories(tx, () => work(tx));
      }),
    );
  }

  /**
   * Reads a large part of one tenant (`setTenantAndJoins`), in statements that all see the same moment. It writes nothing.
   * A statement runs either in snapshots or outside of them, because its plan is kept.
   */
  inSnapshot<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return retrying(isWorthAnotherTry, () => this.snapshot(tenantId, work));
  }

  /**
   * Does two parts of the work of `inSnapshot` at the same time, the second one on another connection, if the tenant may
   * use one more and one is free. Otherwise it does one after the other. It never waits for a connection: others could
   * do the same.
   */
  async sideBySide<A, B>(
    tenantId: string,
    tx: Transaction,
    one: (tx: Transaction) => Promise<A>,
    two: (tx: Transaction) => Promise<B>,
  ): Promise<[A, B]> {
    const both = async (slot: Slot): Promise<[A, B]> => {
      const [exported] = await rowsOf<{ id: string }>(tx, EXPORT_SNAPSHOT, []);
      const other = this.slot.run(slot, () => this.snapshot(tenantId, two, exported?.id));
      // Neither connection is given back while the other one is at work.
      const [a, b] = await Promise.allSettled([one(tx), other]);
      if (a.status === 'rejected') throw a.reason;
      if (b.status === 'rejected') throw b.reason;
      return [a.value, b.value];
    };
    // A pooler can have fewer connections than we know of. A node of Citus knows no snapshots of the coordinator.
    const isPossible = namesStatements(tx.dataSource) && !isDistributed(tx.dataSource) && this.shareInUse < 1;
    const beside = isPossible ? this.lanes.runIfFree('requests', tenantId, both) : null;
    return beside ?? [await one(tx), await two(tx)];
  }

  /**
   * Calls a database function that sets the tenant itself, or that reads across tenants, in one round trip.
   * @param tenantId null for a call across tenants
   * @throws OutcomeUnknown when the connection was lost before the response
   */
  call<Row extends object>(
    tenantId: string | null,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return this.single(isKnownToBeUndone, tenantId, statement, values);
  }

  /** Like `call`, for a statement that can run twice, such as a read. It runs again when its outcome is unknown. */
  query<Row extends object>(
    tenantId: string | null,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    return this.single(isWorthAnotherTry, tenantId, statement, values);
  }

  /**
   * Runs `work` in one transaction, including every `inTenant` and `call` inside, so that several writes commit
   * together. It runs again like `inTenant`, and also when the outcome of the COMMIT is unknown. So `work` must first
   * check whether it was done.
   * @param tenantId null for work across tenants
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
   * Runs `work` while no transaction is open: work that waits for other services, or that is a transaction of its own.
   * Inside of `atomically` this rolls back, runs the work, and starts again with its result. So call it before any
   * write, and make sure that running `work` twice does no harm.
   */
  async outsideTransaction<T>(work: () => Promise<T>): Promise<T> {
    const outer = this.ambient.getStore();
    if (outer === undefined) return work();
    const next = outer.found.next();
    if (next.done !== true) return next.value as T;
    throw new NeedsOutside(work);
  }

  /**
   * Runs `work` so that its failure undoes nothing else: in a transaction of its own, or inside of `atomically` behind
   * a savepoint.
   */
  async apart<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const outer = this.ambient.getStore();
    const runner = outer?.tx.queryRunner;
    if (outer === undefined || runner === undefined) return this.inTenant(tenantId, work);
    const later = outer.later.length;
    // Inside of a transaction TypeORM makes it a savepoint.
    await runner.startTransaction();
    try {
      const result = await this.inTenant(tenantId, work);
      await runner.commitTransaction();
      return result;
    } catch (error) {
      outer.later.length = later;
      if (leavesUsable(error)) await runner.rollbackTransaction();
      throw error;
    }
  }

  /** Runs `work` at once, or after the COMMIT of the surrounding `atomically`. */
  async afterCommit(work: () => Promise<void> | void): Promise<void> {
    const outer = this.ambient.getStore();
    if (outer === undefined) await work();
    else outer.later.push(work);
  }

  /** The share of the connections that are in use, 0 to 1. */
  get shareInUse(): number {
    return shareInUse(this.source);
  }

  /** Whether this runs inside of `atomically`. */
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
    if (outer !== undefined) {
      if (tenantId !== null) await setTenantOnNodes(outer.tx, tenantId);
      return rowsOf<Row>(outer.tx, statement, values);
    }
    return retrying(isRepeatable, () =>
      this.connected(tenantId, async (runner) => {
        // The statement commits by itself, so its outcome can be unknown like that of a COMMIT.
        await runner.connect();
        return rowsOf<Row>(runner.manager, statement, values).catch(asUnknownOutcome);
      }),
    );
  }

  /** @param id of an exported snapshot, to see the same */
  private snapshot<T>(tenantId: string, work: (tx: Transaction) => Promise<T>, id?: string): Promise<T> {
    const bound = async (tx: Transaction) => {
      if (id !== undefined) await rowsOf(tx, { text: `set transaction snapshot '${id}'` }, []);
      await setTenantAndJoins(tx, tenantId);
      return bindRepositories(tx, () => work(tx));
    };
    return this.transaction(tenantId, bound, 'REPEATABLE READ');
  }

  private transaction<T>(
    tenantId: string | null,
    work: (tx: Transaction) => Promise<T>,
    isolation?: 'REPEATABLE READ',
  ): Promise<T> {
    return this.connected(tenantId, async (runner) => {
      try {
        await runner.startTransaction(isolation);
        const result = await work(runner.manager);
        // A lost connection cannot have committed, so nothing was done.
        if (runner.isReleased) throw new Error('connection terminated before the COMMIT');
        await runner.commitTransaction().catch(asUnknownOutcome);
        return result;
      } catch (error) {
        // The first error is the one to report.
        if (runner.isTransactionActive && leavesUsable(error))
          await runner.rollbackTransaction().catch(() => close(runner));
        throw error;
      }
    });
  }

  /** Uses one connection within the budget of the current lane. */
  private connected<T>(tenantId: string | null, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    if (this.slot.getStore()?.isHeld === true) return this.onConnection(work);
    return this.lanes.run('requests', tenantId, () => this.onConnection(work));
  }

  /** The next user must find an idle connection, so a connection in an unknown state is closed. */
  private async onConnection<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      return await work(runner);
    } catch (error) {
      if (!leavesUsable(error)) await close(runner);
      throw error;
    } finally {
      await runner.release();
    }
  }
}

/** Closes the socket directly, because the server may not respond to a clean close. */
async function close(runner: QueryRunner): Promise<void> {
  const client = (await runner.connect().catch(() => null)) as Client | null;
  client?.end().catch(() => undefined);
}

/** An error reported by PostgreSQL means that nothing was done. After any other error the outcome is unknown. */
function asUnknownOutcome(error: unknown): never {
  throw isReportedByServer(error) ? error : new OutcomeUnknown(error);
}

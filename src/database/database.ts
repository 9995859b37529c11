import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { countRetry } from './retry-metrics.js';
import { rowsOf, sql, type Statement } from './statement.js';

export type Transaction = EntityManager;

const SET_TENANT = sql`select set_config('app.tenant_id', $1::uuid::text, true)`;

/** SQLSTATEs after which PostgreSQL has rolled back and a second try may well succeed. */
const TRANSIENT = new Set(['40P01', '40001']);
const ATTEMPTS = 4;

/** Class 08 is connection trouble, 57P01 to 57P03 a server that goes or comes. */
const LOST_STATE = /^(08|57P0[123]|ECONNRESET|EPIPE)/;
const LOST_MESSAGE = /connection terminated|client was closed|not queryable/i;

/** One transaction around all that a request does. */
interface Surrounding {
  readonly tx: Transaction;
  /** To be done when it has committed. */
  readonly later: (() => Promise<void>)[];
}

/** Where every transaction starts. Nothing of a tenant can be read or written outside of `inTenant`. */
@Injectable()
export class Database {
  private readonly surrounding = new AsyncLocalStorage<Surrounding>();

  constructor(private readonly source: DataSource) {}

  /**
   * Runs `work` in one transaction that sees and writes the rows of one tenant only, and commits when it resolves.
   * After a deadlock or serialization failure the whole of `work` runs again, so it must do nothing but statements.
   */
  async inTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const outer = this.surrounding.getStore();
    if (outer !== undefined) {
      await rowsOf(outer.tx, SET_TENANT, [tenantId]);
      return work(outer.tx);
    }
    return this.retrying(() =>
      this.transaction(async (tx) => {
        await rowsOf(tx, SET_TENANT, [tenantId]);
        return work(tx);
      }),
    );
  }

  /** Calls a function of the database that sets the tenant itself, or looks across tenants: one round trip. */
  async call<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const outer = this.surrounding.getStore();
    if (outer !== undefined) return rowsOf<Row>(outer.tx, statement, values);
    return this.retrying(async () => {
      const runner = this.source.createQueryRunner();
      try {
        return await rowsOf<Row>(runner.manager, statement, values);
      } finally {
        await runner.release();
      }
    });
  }

  /**
   * Runs `work`, and every `inTenant` and `call` that it leads to, in one transaction, so that what is written beside an
   * effect stands or falls with it. Runs again as `inTenant` does; also when the connection was lost and nobody knows
   * whether it committed, so `work` begins by finding that out.
   */
  async atomically<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { result, later } = await this.retrying(
      () =>
        this.transaction(async (tx) => {
          const surrounding: Surrounding = { tx, later: [] };
          const done = await this.surrounding.run(surrounding, () => work(tx));
          return { result: done, later: surrounding.later };
        }),
      isWorthAnotherTry,
    );
    for (const run of later) await run();
    return result;
  }

  /** Runs `work` at once, or, inside of `atomically`, when that has committed. */
  async afterCommit(work: () => Promise<void>): Promise<void> {
    const outer = this.surrounding.getStore();
    if (outer === undefined) await work();
    else outer.later.push(work);
  }

  private async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      await runner.startTransaction();
      const result = await work(runner.manager);
      await runner.commitTransaction();
      return result;
    } catch (error) {
      // The connection may be the very thing that broke; the first error is the one to report.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  private async retrying<T>(run: () => Promise<T>, isTransient = isRolledBack): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (attempt === ATTEMPTS || !isTransient(error)) throw error;
        countRetry(sqlStateOf(error));
        const pauseMs = Math.random() * 10 * 2 ** attempt;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }
}

function isRolledBack(error: unknown): boolean {
  return TRANSIENT.has(sqlStateOf(error));
}

/** Whoever finds out first whether it was done may also try again after a connection that was lost. */
function isWorthAnotherTry(error: unknown): boolean {
  return isRolledBack(error) || isConnectionLost(error);
}

/** The connection is gone, and with it perhaps the answer to a COMMIT. */
function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && (LOST_STATE.test(sqlStateOf(error)) || LOST_MESSAGE.test(error.message));
}

/** The SQLSTATE or network code of a database error, or ''. */
export function sqlStateOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

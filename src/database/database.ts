import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { rowsOf, sql, type Statement } from './statement.js';

export type Transaction = EntityManager;

const SET_TENANT = sql`select set_config('app.tenant_id', $1::uuid::text, true)`;

/** SQLSTATEs after which PostgreSQL has rolled back and a second try may well succeed. */
const TRANSIENT = new Set(['40P01', '40001']);
const ATTEMPTS = 4;

/** Where every transaction starts. Nothing of a tenant can be read or written outside of `inTenant`. */
@Injectable()
export class Database {
  constructor(private readonly source: DataSource) {}

  /**
   * Runs `work` in one transaction that sees and writes the rows of one tenant only, and commits when it resolves.
   * After a deadlock or serialization failure the whole of `work` runs again, so it must do nothing but statements.
   */
  async inTenant<T>(tenantId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.retrying(() =>
      this.transaction(async (tx) => {
        await rowsOf(tx, SET_TENANT, [tenantId]);
        return work(tx);
      }),
    );
  }

  /** Calls a function of the database that sets the tenant itself, or looks across tenants: one round trip. */
  async call<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return this.retrying(async () => {
      const runner = this.source.createQueryRunner();
      try {
        return await rowsOf<Row>(runner.manager, statement, values);
      } finally {
        await runner.release();
      }
    });
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

  private async retrying<T>(run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (attempt === ATTEMPTS || !TRANSIENT.has(sqlStateOf(error))) throw error;
        const pauseMs = Math.random() * 10 * 2 ** attempt;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }
}

/** The SQLSTATE or network code of a database error, or ''. */
export function sqlStateOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { sql } from '../database/statement.js';
import { Problem } from '../http/problem.js';
import { Shutdown } from './shutdown.js';

/** Is the schema there, and may the service's role read it? */
const IS_READY = sql`select count(*) from (select 1 from tenants limit 1) t`;

@Injectable()
export class Readiness {
  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
  ) {}

  /** @throws SHUTTING_DOWN, DATABASE_UNAVAILABLE when this instance can serve no requests */
  async require(): Promise<void> {
    if (this.shutdown.hasBegun) throw new Problem('SHUTTING_DOWN', 'This instance is stopping.');
    try {
      await this.database.query(null, IS_READY, []);
    } catch {
      throw new Problem('DATABASE_UNAVAILABLE', 'The database is unavailable.');
    }
  }
}

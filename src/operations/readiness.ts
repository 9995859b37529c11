import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { NEWEST_MIGRATION } from '../database/migrations.js';
import { numberOf } from '../database/schema-state.js';
import { sql } from '../database/statement.js';
import { Problem } from '../http/problem.js';
import { Shutdown } from './shutdown.js';

/**
 * Is the schema there, and may the service's role read it? Which is its newest migration? It reads no row of a tenant:
 * with Citus, one node that is away would make every instance unready, and the tenants of the others would not be served.
 */
const NEWEST = sql`
  select m.name, has_table_privilege('public.tenants', 'select') as is_readable
  from migrations m
  order by m.timestamp desc
  limit 1`;

interface Newest {
  name: string;
  is_readable: boolean;
}

/** The log must not have what looks like a phone number, so it names a migration without its number. */
const DIGITS = 13;

@Injectable()
export class Readiness {
  private readonly logger = new Logger('Readiness');
  private newest = NEWEST_MIGRATION;

  constructor(
    private readonly database: Database,
    private readonly shutdown: Shutdown,
  ) {}

  /** @throws SHUTTING_DOWN, DATABASE_UNAVAILABLE when this instance can serve no requests */
  async require(): Promise<void> {
    if (this.shutdown.hasBegun) throw new Problem('SHUTTING_DOWN', 'This instance is stopping.');
    const newest = await this.database.query<Newest>(null, NEWEST, []).then(
      ([row]) => (row?.is_readable === true ? row : null),
      () => null,
    );
    if (newest === null) throw new Problem('DATABASE_UNAVAILABLE', 'The database is unavailable.');
    this.warnOfNewer(newest.name);
  }

  /** Once for each. The schema of a release works with the release before it, so an instance stays ready until it is replaced. */
  private warnOfNewer(found: string): void {
    if (found === this.newest) return;
    this.newest = found;
    if (numberOf(found) <= numberOf(NEWEST_MIGRATION)) return;
    this.logger.warn(
      `the database has the schema of a newer version (${found.slice(0, -DIGITS)}): this instance serves until it is replaced`,
    );
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql, type Statement } from '../database/statement.js';
import { ScheduledJob, type TenantJob } from '../scheduling/job.js';
import { placeOf, SECRET_COLUMNS, type SecretColumn } from './secret-columns.js';
import { SecretKeys, SecretUnreadable } from './secret-keys.js';

interface StoredSecret {
  readonly id: string;
  readonly secret: string;
}

/** $1 tenant, $2 patterns, $3 rows to leave out, $4 limit */
const outdatedIn = ([table, column]: SecretColumn) => sql`
  select id, ${column} as secret from ${table}
  where tenant_id = $1 and ${column} like any ($2::text[]) and id <> all ($3::uuid[])
  order by id
  limit $4
  for no key update skip locked`;

/** $1 tenant, $2 rows, $3 their secrets, in the same order */
const rewriteIn = ([table, column]: SecretColumn) => sql`
  update ${table} t set ${column} = n.secret
  from unnest($2::uuid[], $3::text[]) as n (id, secret)
  where t.tenant_id = $1 and t.id = n.id`;

const COLUMNS = SECRET_COLUMNS.map((column) => ({
  column,
  outdated: outdatedIn(column),
  rewrite: rewriteIn(column),
}));

/** Seals secrets with the first key that lie in the database in clear or under a former key. */
@ScheduledJob()
@Injectable()
export class SecretRewrite implements TenantJob {
  readonly name = 'secret-rewrite';
  readonly intervalSeconds: number;
  readonly tenants: Statement;
  readonly most = 200;
  /** A former key can be removed only when no secret of any tenant needs it. */
  readonly worksWhileSuspended = true;
  /** Rows that could not be read, by column. They do not stop the others. */
  private readonly unreadable = new Map(SECRET_COLUMNS.map((column) => [column, new Set<string>()]));

  constructor(
    @Inject(ENVIRONMENT) { secretKeys, secretRewriteIntervalSeconds }: Environment,
    private readonly secrets: SecretKeys,
  ) {
    this.intervalSeconds = secretKeys === null ? 0 : secretRewriteIntervalSeconds;
    // Ids of keys have no character that means something in SQL.
    const patterns = secrets.outdated().map((pattern) => `'${pattern}'`);
    this.tenants = sql`select tenants_with_outdated_secrets(array[${patterns.join(', ')}]::text[]) as tenant_id`;
  }

  async batch(tx: Transaction, tenantId: string, size: number): Promise<number> {
    let done = 0;
    for (const { column, outdated, rewrite } of COLUMNS) {
      const except = [...(this.unreadable.get(column) ?? [])];
      const values = [tenantId, this.secrets.outdated(), except, size - done];
      const rows = await rowsOf<StoredSecret>(tx, outdated, values);
      const sealed = rows.flatMap((row) => this.resealed(row, column, tenantId));
      const ids = sealed.map(({ id }) => id);
      if (ids.length > 0) await rowsOf(tx, rewrite, [tenantId, ids, sealed.map(({ secret }) => secret)]);
      done += rows.length;
    }
    return done;
  }

  private resealed({ id, secret }: StoredSecret, column: SecretColumn, tenantId: string): StoredSecret[] {
    const place = placeOf(column, tenantId, id);
    try {
      return [{ id, secret: this.secrets.seal(this.secrets.open(secret, place), place) }];
    } catch (error) {
      if (!(error instanceof SecretUnreadable)) throw error;
      this.unreadable.get(column)?.add(id);
      return [];
    }
  }
}

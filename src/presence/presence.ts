import { Injectable } from '@nestjs/common';
import { BatchedLookup } from '../database/batched-lookup.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound } from '../http/problem.js';

/** $1 tenant, $2 operators. The function of the same name does the work. */
const RENEW_PRESENCES = sql`
  select operator_id, present_until, timeout_seconds, status from renew_presences($1, $2)`;

/** $1 tenant, $2 operator, or null for all. The function of the same name does the work. */
const BEGIN_PRESENCE = sql`select begin_presence($1, $2)`;
const END_PRESENCES = sql`
  with ended as (delete from operator_presence where tenant_id = $1)
  delete from presence_sweeps where tenant_id = $1`;

const PRESENT_UNTIL = sql`
  select p.present_until from tenants t
  join operators o on o.tenant_id = t.id and o.id = $2 and o.availability <> 'OFFLINE'
  join operator_presence p on p.tenant_id = t.id and p.operator_id = o.id
  where t.id = $1 and t.presence_timeout_seconds is not null`;

/** A renewal is repeated from memory for this part of the timeout. */
const REPEATED_SHARE = 0.1;
/** The longest time in milliseconds for which it is repeated. */
const REPEATED_MS = 5_000;
/** More operators than this per instance are not repeated from memory. */
const MOST_REMEMBERED = 100_000;

/** Of an operator; a renewal never changes it. */
type Status = 'AVAILABLE' | 'PAUSED' | 'OFFLINE';

interface RenewalRow {
  operator_id: string;
  present_until: Date | null;
  timeout_seconds: number | null;
  status: Status;
}

export interface Renewal {
  /** null in a tenant without a presence timeout. */
  readonly presentUntil: Date | null;
  readonly timeoutSeconds: number | null;
  readonly status: Status;
}

interface Remembered {
  readonly renewal: Renewal;
  /** In milliseconds of the process's monotonic clock. */
  readonly until: number;
}

interface TenantRenewals {
  readonly lookup: BatchedLookup<string, Renewal>;
  waiting: number;
}

/**
 * Renews the presence of operators. Renewals of a tenant go together: while one statement runs, the next ones wait and
 * share another one. Inside of a short time a renewal is repeated from memory.
 */
@Injectable()
export class Presence {
  private readonly tenants = new Map<string, TenantRenewals>();
  /** By tenant and operator, the oldest first. */
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly database: Database) {}

  /** @throws NOT_FOUND when there is no such active operator */
  async renew(tenantId: string, operatorId: string): Promise<Renewal> {
    // Inside of a transaction the renewal must commit or roll back with the rest.
    const renewal = this.database.isInTransaction
      ? (await this.store(tenantId, [operatorId])).get(operatorId)
      : (this.recall(tenantId, operatorId) ?? (await this.together(tenantId, operatorId)));
    if (renewal === undefined) throw new NotFound('operator', operatorId);
    return renewal;
  }

  /** Begins the presence of somebody who became AVAILABLE or PAUSED, in the transaction of the caller. */
  async begin(tx: Transaction, tenantId: string, operatorId: string): Promise<void> {
    await rowsOf(tx, BEGIN_PRESENCE, [tenantId, operatorId]);
  }

  /** The timeout of the tenant has changed, in the transaction of the caller. @param isOn whether it has one now */
  async restart(tx: Transaction, tenantId: string, isOn: boolean): Promise<void> {
    await rowsOf(tx, END_PRESENCES, [tenantId]);
    if (isOn) await rowsOf(tx, BEGIN_PRESENCE, [tenantId, null]);
  }

  /** null in a tenant without a presence timeout. */
  async presentUntil(tx: Transaction, tenantId: string, operatorId: string): Promise<Date | null> {
    const [row] = await rowsOf<{ present_until: Date }>(tx, PRESENT_UNTIL, [tenantId, operatorId]);
    return row?.present_until ?? null;
  }

  /** A response from memory would name the former status. */
  forget(tenantId: string, operatorId: string): void {
    this.remembered.delete(keyOf(tenantId, operatorId));
  }

  private async together(tenantId: string, operatorId: string): Promise<Renewal | undefined> {
    const renewals = this.tenants.get(tenantId) ?? {
      lookup: new BatchedLookup<string, Renewal>(
        1,
        (id) => id,
        (ids) => this.store(tenantId, ids),
      ),
      waiting: 0,
    };
    this.tenants.set(tenantId, renewals);
    renewals.waiting++;
    try {
      const asked = performance.now();
      const renewal = await renewals.lookup.find(operatorId);
      if (renewal !== undefined) this.remember(tenantId, operatorId, renewal, asked);
      return renewal;
    } finally {
      if (--renewals.waiting === 0) this.tenants.delete(tenantId);
    }
  }

  private async store(tenantId: string, operatorIds: readonly string[]): Promise<Map<string, Renewal>> {
    const values = [tenantId, [...new Set(operatorIds)]];
    const rows = await this.database.query<RenewalRow>(tenantId, RENEW_PRESENCES, values);
    return new Map(
      rows.map(({ operator_id, present_until, timeout_seconds, status }) => [
        operator_id,
        { presentUntil: present_until, timeoutSeconds: timeout_seconds, status },
      ]),
    );
  }

  private recall(tenantId: string, operatorId: string): Renewal | undefined {
    const found = this.remembered.get(keyOf(tenantId, operatorId));
    return found !== undefined && found.until > performance.now() ? found.renewal : undefined;
  }

  private remember(tenantId: string, operatorId: string, renewal: Renewal, asked: number): void {
    const { timeoutSeconds } = renewal;
    // Without a timeout nothing is written, and the setting may change at any moment.
    if (timeoutSeconds === null) return;
    const key = keyOf(tenantId, operatorId);
    const forMs = Math.min(timeoutSeconds * 1_000 * REPEATED_SHARE, REPEATED_MS);
    this.remembered.delete(key);
    this.remembered.set(key, { renewal, until: asked + forMs });
    if (this.remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = this.remembered.keys();
    if (oldest !== undefined) this.remembered.delete(oldest);
  }
}

function keyOf(tenantId: string, operatorId: string): string {
  return `${tenantId} ${operatorId}`;
}

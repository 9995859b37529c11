import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { OperatorPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { CheckedItem } from '../http/batch-of.js';
import { resultOf } from '../http/batch-results.js';
import { AlreadyExists, Problem, ValidationFailed } from '../http/problem.js';
import { toProblem } from '../http/to-problem.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import type { UpdatedOperator } from './left-behind.js';
import { OperatorChanges, type Update } from './operator-changes.js';
import type { OperatorItemResult } from './operator-batch.js';
import { OperatorReader } from './operator-reader.js';
import type { CreateOperator } from './operator-requests.js';
import { Operator } from './operator.js';

/** An operator with an id of the identity provider. */
type Identified = CreateOperator & { externalId: string };

/** An operator who was created, or updated, or who is as the request wants them. */
interface Stored extends Update {
  readonly created: boolean;
}

/** Another request can create the operator meanwhile, or give its externalId to somebody else. */
const ATTEMPTS = 3;

/**
 * All operators that a batch may lock, in the order of docs/adr/0003. $1 tenant, $2 their externalIds, $3 whether ADMINs
 * may be demoted
 */
const LOCK_TOGETHER = sql`
  select o.id from operators o
  where o.tenant_id = $1 and (o.external_id = any ($2::text[]) or ($3 and o.role = 'ADMIN' and o.is_active))
  order by o.id for no key update`;

/** Creates and updates operators by the ids of the identity provider, one or many. */
@Injectable()
export class OperatorSetup {
  constructor(
    private readonly database: Database,
    private readonly reader: OperatorReader,
    private readonly changes: OperatorChanges,
    @InjectRepository(Operator) private readonly operators: Repository<Operator>,
  ) {}

  async put(
    admin: OperatorPrincipal,
    externalId: string,
    request: CreateOperator,
  ): Promise<{ operator: UpdatedOperator; created: boolean }> {
    if (request.externalId !== undefined && request.externalId !== externalId) {
      const message = 'externalId must be missing or that of the path';
      throw new ValidationFailed([{ field: 'externalId', message }]);
    }
    return this.store(admin, { ...request, externalId });
  }

  /** An item with an externalId is stored like a PUT, another one is created. */
  async batch(
    admin: OperatorPrincipal,
    items: readonly CheckedItem<CreateOperator>[],
  ): Promise<OperatorItemResult[]> {
    const valid = items.filter((item) => !(item instanceof Problem));
    if (this.database.isInTransaction) await this.lockTogether(admin.tenantId, valid);
    const results: OperatorItemResult[] = [];
    for (const [index, item] of items.entries()) {
      const result = await resultOf(index, item, async (request) => {
        const { operator, created } = await this.store(admin, request);
        return { status: created ? 201 : 200, operatorId: operator.id, created };
      });
      results.push(result);
    }
    return results;
  }

  /** In a transaction of its own, so that nobody waits for the rest of a batch. */
  private async store(admin: OperatorPrincipal, request: CreateOperator): Promise<Stored> {
    const { tenantId } = admin;
    for (let attempt = 1; ; attempt++) {
      try {
        const stored = await this.database.apart(tenantId, (tx) =>
          hasExternalId(request)
            ? this.createOrUpdate(tx, admin, request)
            : this.create(tx, tenantId, request),
        );
        await this.changes.afterUpdate(tenantId, stored);
        return stored;
      } catch (error) {
        if (attempt === ATTEMPTS || !hasExternalId(request) || !isTaken(error)) throw error;
      }
    }
  }

  private async createOrUpdate(
    tx: Transaction,
    admin: OperatorPrincipal,
    request: Identified,
  ): Promise<Stored> {
    const { tenantId } = admin;
    const known = await this.operators.findOneBy({ tenantId, externalId: request.externalId });
    if (known === null) return this.create(tx, tenantId, request);
    // Nobody waits for the lock of an operator who stays as they are, for example in a nightly comparison of all.
    if (isAsWanted(known, request)) {
      const operator = await this.reader.response(tenantId, known.id);
      return { operator, created: false, freedId: null, inboxIds: [] };
    }
    return { ...(await this.changes.update(tx, admin, known.id, request)), created: false };
  }

  private async create(tx: Transaction, tenantId: string, request: CreateOperator): Promise<Stored> {
    const operator = await this.changes.create(tx, tenantId, request);
    return { operator, created: true, freedId: null, inboxIds: [] };
  }

  /** Within one transaction the items must not lock what comes earlier in the order of locks. */
  private async lockTogether(tenantId: string, items: readonly CreateOperator[]): Promise<void> {
    const deactivates = items.some(({ isActive }) => isActive === false);
    const demotes = deactivates || items.some(({ role = 'ADMIN' }) => role !== 'ADMIN');
    const externalIds = items.flatMap(({ externalId }) => externalId ?? []);
    await this.database.inTenant(tenantId, async (tx) => {
      if (deactivates) await rowsOf(tx, SHARE_RANKING, [tenantId]);
      await rowsOf(tx, LOCK_TOGETHER, [tenantId, externalIds, demotes]);
    });
  }
}

function hasExternalId(request: CreateOperator): request is Identified {
  return typeof request.externalId === 'string';
}

/** Deactivating somebody again queues what they still hold, and tells what they left. */
function isAsWanted(known: Operator, request: Identified): boolean {
  const { name, email, role, maxLoad, isActive } = request;
  const wanted = Object.entries({ name, email, role, maxLoad, isActive }) as [keyof Operator, unknown][];
  return (
    isActive !== false && wanted.every(([field, value]) => value === undefined || value === known[field])
  );
}

function isTaken(error: unknown): boolean {
  const problem = toProblem(error);
  return problem instanceof AlreadyExists && problem.members['field'] === 'externalId';
}

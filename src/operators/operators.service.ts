import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, type Repository } from 'typeorm';
import type { OperatorPrincipal, TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { sql } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { ValidationFailed } from '../http/problem.js';
import { countRows, withTotal } from '../http/total.js';
import type { UpdatedOperator } from './left-behind.js';
import { OperatorChanges } from './operator-changes.js';
import type { CreateOperator, UpdateOperator } from './operator-requests.js';
import { OperatorReader } from './operator-reader.js';
import { Operator, operatorResponse, type OperatorResponse } from './operator.js';

/** To be counted. */
const ALL_OPERATORS = sql`select true as is_found from operators o where o.tenant_id = $1 order by o.id`;

@Injectable()
export class OperatorsService {
  constructor(
    private readonly database: Database,
    private readonly reader: OperatorReader,
    private readonly changes: OperatorChanges,
    @InjectRepository(Operator) private readonly operators: Repository<Operator>,
  ) {}

  create({ tenantId }: OperatorPrincipal, request: CreateOperator): Promise<OperatorResponse> {
    return this.database.inTenant(tenantId, (tx) => this.changes.create(tx, tenantId, request));
  }

  list(caller: TenantPrincipal, query: PageQuery): Promise<Page<OperatorResponse>> {
    const scope = ['operators', caller.tenantId];
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(caller.tenantId, async (tx) => {
      const operators = await this.operators.find({
        where: { tenantId: caller.tenantId, id: MoreThan(after) },
        order: { id: 'ASC' },
        take: query.limit + 1,
      });
      const releasing = await this.reader.releasing(caller.tenantId, operators);
      const page = pageOf(
        operators,
        query.limit,
        scope,
        ({ id }) => [id],
        (operator) => operatorResponse(operator, releasing.has(operator.id)),
      );
      return withTotal(page, query, () => countRows(tx, ALL_OPERATORS, [caller.tenantId]));
    });
  }

  get(caller: TenantPrincipal, id: string): Promise<OperatorResponse> {
    this.reader.requireOwn(caller, id);
    return this.database.inTenant(caller.tenantId, () => this.reader.response(caller.tenantId, id));
  }

  async update(
    admin: OperatorPrincipal,
    operatorId: string,
    request: UpdateOperator,
  ): Promise<UpdatedOperator> {
    const { tenantId } = admin;
    if (request.revokeKeys === true && request.isActive !== false) {
      const message = 'revokeKeys needs isActive: false';
      throw new ValidationFailed([{ field: 'revokeKeys', message }]);
    }
    const update = await this.database.inTenant(tenantId, (tx) =>
      this.changes.update(tx, admin, operatorId, request),
    );
    await this.changes.afterUpdate(tenantId, update);
    return update.operator;
  }
}

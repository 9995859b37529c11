import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { restrictedTo, type TenantPrincipal } from '../access/principal.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound, Problem } from '../http/problem.js';

import { Operator, operatorResponse, type OperatorResponse } from './operator.js';

/** Those of the operators $2 who hold a conversation. */
const HOLDERS = sql`
  select h.id from unnest($2::uuid[]) as h (id) where exists (
    select 1 from conversations c
    where c.tenant_id = $1 and c.assigned_operator_id = h.id and c.state = 'ALLOCATED' offset 0)`;

/** Reads operators for every room, in the transaction of the caller. */
@Injectable()
export class OperatorReader {
  constructor(@InjectRepository(Operator) private readonly operators: Repository<Operator>) {}

  async get(tenantId: string, id: string): Promise<Operator> {
    const operator = await this.operators.findOneBy({ tenantId, id });
    if (operator === null) throw new NotFound('operator', id);
    return operator;
  }

  async response(tenantId: string, id: string): Promise<OperatorResponse> {
    const operator = await this.get(tenantId, id);
    return operatorResponse(operator, (await this.releasing(tenantId, [operator])).has(id));
  }

  /** The ids of those who are deactivated and still hold a conversation. Active operators cost nothing. */
  async releasing(tenantId: string, operators: readonly Operator[]): Promise<ReadonlySet<string>> {
    const deactivated = operators.filter(({ isActive }) => !isActive).map(({ id }) => id);
    if (deactivated.length === 0) return new Set();
    const rows = await rowsOf<{ id: string }>(this.operators.manager, HOLDERS, [tenantId, deactivated]);
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * An OPERATOR can read and change only their own data. The error is the same whether the other operator exists or
   * not.
   */
  requireOwn(caller: TenantPrincipal, operatorId: string): void {
    const only = restrictedTo(caller);
    if (only !== null && only !== operatorId) {
      const detail = 'As an OPERATOR you can do this only for yourself.';
      throw new Problem('FORBIDDEN', detail, {}, 'another operator');
    }
  }
}

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { restrictedTo, type TenantPrincipal } from '../access/principal.js';
import { NotFound, Problem } from '../http/problem.js';
import { Operator } from './operator.js';

/** Reads operators for every room, in the transaction of the caller. */
@Injectable()
export class OperatorReader {
  constructor(@InjectRepository(Operator) private readonly operators: Repository<Operator>) {}

  async get(tenantId: string, id: string): Promise<Operator> {
    const operator = await this.operators.findOneBy({ tenantId, id });
    if (operator === null) throw new NotFound('operator', id);
    return operator;
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

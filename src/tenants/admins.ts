import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { recordChange } from '../audit/record-change.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { Operator, operatorResponse, type OperatorResponse } from '../operators/operator.js';
import { OperatorReader } from '../operators/operator-reader.js';
import type { CreateAdmin } from './tenant-requests.js';
import type { Tenant } from './tenant.js';

/** ADMINs whom the platform appoints. A quota does not keep a tenant without ADMINs. */
@Injectable()
export class Admins {
  constructor(
    private readonly reader: OperatorReader,
    @InjectRepository(Operator) private readonly operators: Repository<Operator>,
  ) {}

  async add(
    tx: Transaction,
    { id: tenantId, defaultMaxLoad }: Tenant,
    { name, email = null, externalId = null }: CreateAdmin,
  ): Promise<OperatorResponse> {
    const id = newId();
    const admin = { name, email, externalId, role: 'ADMIN' as const, maxLoad: defaultMaxLoad };
    await this.operators.insert({ tenantId, id, ...admin });
    const operator = await this.reader.get(tenantId, id);
    await recordChange(tx, tenantId, 'operator.created', null, operator);
    return operatorResponse(operator, false);
  }
}

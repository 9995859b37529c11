import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { NotFound } from '../http/problem.js';
import { NAMES_OF_CALLER, type Me, type NamesRow } from './me.js';

@Injectable()
export class MeService {
  constructor(private readonly database: Database) {}

  async get(caller: TenantPrincipal): Promise<Me> {
    const { tenantId } = caller;
    const operator = caller.kind === 'operator' ? caller : null;
    const values = [tenantId, operator?.operatorId ?? null];
    const [names] = await this.database.inTenant(tenantId, (tx) =>
      rowsOf<NamesRow>(tx, NAMES_OF_CALLER, values),
    );
    if (names === undefined) throw new NotFound('tenant', tenantId);
    return {
      type: caller.kind === 'operator' ? 'OPERATOR' : 'SERVICE',
      role: operator?.role ?? null,
      operatorId: operator?.operatorId ?? null,
      operatorName: names.operator_name,
      serviceName: caller.kind === 'service' ? caller.name : null,
      tenantId,
      tenantName: names.tenant_name,
    };
  }
}

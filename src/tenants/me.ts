import { ApiProperty } from '@nestjs/swagger';
import { ROLES, type Role } from '../access/principal.js';
import { sql } from '../database/statement.js';

export const CALLER_TYPES = ['OPERATOR', 'SERVICE'] as const;
export type CallerType = (typeof CALLER_TYPES)[number];

/** $1 tenant, $2 operator, null for a service */
export const NAMES_OF_CALLER = sql`
  select t.name as tenant_name, o.name as operator_name
  from tenants t left join operators o on o.tenant_id = t.id and o.id = $2
  where t.id = $1`;

export interface NamesRow {
  tenant_name: string;
  operator_name: string | null;
}

export class Me {
  @ApiProperty({ enum: CALLER_TYPES, example: 'OPERATOR' })
  type: CallerType;
  @ApiProperty({
    enum: ROLES,
    nullable: true,
    example: 'MANAGER',
    description: 'The role that the operator has now, whatever their token says; null for a service.',
  })
  role: Role | null;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019c8f00-0000-7000-8000-000000000013',
    description: 'null for a service.',
  })
  operatorId: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Mona Manager', description: 'null for a service.' })
  operatorName: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'The name of the API key, or the one that the gateway sends; null for an operator.',
  })
  serviceName: string | null;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ example: 'Demo Tenant' })
  tenantName: string;
}

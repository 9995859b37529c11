import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { OperatorResponse } from '../operators/operator.js';

export const NORMALIZATIONS = ['FIXED', 'CANDIDATE_WINDOW'] as const;
export const DELAY_BASES = ['LAST_MESSAGE', 'WAITING_SINCE'] as const;

/** How a tenant ranks and distributes; the words of the priority score. */
@ApiSchema({ name: 'TenantSettings' })
export class SettingsResponse {
  @ApiProperty({ example: 0.4, description: 'The weight of the message count.' })
  alpha: number;
  @ApiProperty({ example: 0.6, description: 'The weight of the delay.' })
  beta: number;
  @ApiProperty({ enum: NORMALIZATIONS, example: 'FIXED' })
  normalization: string;
  @ApiProperty({
    type: 'integer',
    example: 100,
    description: 'The number of messages that counts as 1; more do not count more.',
  })
  maxMessageCount: number;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 1440,
    description:
      'The delay in minutes that counts as 1; longer ones do not count more. null: no cap, in units of 1440 minutes.',
  })
  maxDelayMinutes: number | null;
  @ApiProperty({
    type: 'integer',
    example: 100,
    description: 'With CANDIDATE_WINDOW: how many recently active conversations compete.',
  })
  candidateWindow: number;
  @ApiProperty({ enum: DELAY_BASES, example: 'LAST_MESSAGE' })
  delayBasis: string;
  @ApiProperty({ type: 'integer', example: 900 })
  gracePeriodSeconds: number;
  @ApiProperty({ example: false })
  autoSubscribe: boolean;
  @ApiProperty({ type: 'integer', nullable: true, example: null })
  defaultMaxLoad: number | null;
}

export class TenantResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  id: string;
  @ApiProperty({ example: 'Demo Tenant' })
  name: string;
  @ApiProperty({ type: SettingsResponse })
  settings: SettingsResponse;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

export class NewTenant {
  @ApiProperty({ type: TenantResponse })
  tenant: TenantResponse;
  @ApiProperty({ type: OperatorResponse, description: 'The first ADMIN, who creates everything else.' })
  admin: OperatorResponse;
}

/** A row of `tenants`. */
export interface TenantRow {
  id: string;
  name: string;
  alpha: number;
  beta: number;
  normalization: string;
  max_message_count: number;
  max_delay_minutes: number | null;
  candidate_window: number;
  delay_basis: string;
  grace_period_seconds: number;
  auto_subscribe: boolean;
  default_max_load: number | null;
  created_at: Date;
  updated_at: Date;
}

export function tenantResponse(row: TenantRow): TenantResponse {
  return {
    id: row.id,
    name: row.name,
    settings: {
      alpha: row.alpha,
      beta: row.beta,
      normalization: row.normalization,
      maxMessageCount: row.max_message_count,
      maxDelayMinutes: row.max_delay_minutes,
      candidateWindow: row.candidate_window,
      delayBasis: row.delay_basis,
      gracePeriodSeconds: row.grace_period_seconds,
      autoSubscribe: row.auto_subscribe,
      defaultMaxLoad: row.default_max_load,
    },
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

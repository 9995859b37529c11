import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { sql } from '../database/statement.js';

/** Lets an operator allocate from an inbox. Only the distribution statements use `last_distributed_at`. */
@Entity('subscriptions')
export class Subscription {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  inboxId: string;
  @PrimaryColumn('uuid')
  operatorId: string;
  @Column('integer', { default: 1 })
  weight: number;
  @Column('integer', { nullable: true })
  maxLoad: number | null;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
}

/** The subscription of an operator to an inbox. */
export class SubscriptionResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000011' })
  operatorId: string;
  @ApiProperty({ type: 'integer', example: 30 })
  weight: number;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: null,
    description:
      'How many conversations of the inbox the operator can hold at once; null: only their own maxLoad counts.',
  })
  maxLoad: number | null;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

export function subscriptionResponse(subscription: Subscription): SubscriptionResponse {
  return {
    inboxId: subscription.inboxId,
    operatorId: subscription.operatorId,
    weight: subscription.weight,
    maxLoad: subscription.maxLoad,
    createdAt: subscription.createdAt.toISOString(),
  };
}

/** Unsubscribes operators who are not in the list, and sets the weights and capacities of the others. */
export const REPLACE_SUBSCRIPTIONS = sql`
  with wanted as (
    select * from unnest($3::uuid[], $4::integer[], $5::integer[]) as w (operator_id, weight, max_load)
  ), dropped as (
    delete from subscriptions s
    where s.tenant_id = $1 and s.inbox_id = $2 and not exists (select 1 from wanted w where w.operator_id = s.operator_id)
  )
  insert into subscriptions (tenant_id, inbox_id, operator_id, weight, max_load)
  select $1, $2, w.operator_id, w.weight, w.max_load from wanted w order by w.operator_id
  on conflict (tenant_id, inbox_id, operator_id) do update set weight = excluded.weight, max_load = excluded.max_load`;

/** The operators that do not exist in the tenant. */
export const UNKNOWN_OPERATORS = sql`
  select w.operator_id from unnest($2::uuid[]) as w (operator_id)
  where not exists (select 1 from operators o where o.tenant_id = $1 and o.id = w.operator_id)`;

/** Serializes changes of one list, and blocks distribution in the inbox meanwhile. $1 tenant, $2 inbox */
export const LOCK_DISTRIBUTION = sql`select lock_distribution($1, array[$2::uuid])`;

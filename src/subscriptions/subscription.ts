import { ApiProperty } from '@nestjs/swagger';
import { sql } from '../database/statement.js';

export interface SubscriptionRow {
  inbox_id: string;
  operator_id: string;
  weight: number;
  created_at: Date;
}

/** An operator subscribed to an inbox. */
export class SubscriptionResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000011' })
  operatorId: string;
  @ApiProperty({ type: 'integer', example: 30 })
  weight: number;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

export function subscriptionResponse(row: SubscriptionRow): SubscriptionResponse {
  return {
    inboxId: row.inbox_id,
    operatorId: row.operator_id,
    weight: row.weight,
    createdAt: row.created_at.toISOString(),
  };
}

/** $4: null, or the one operator whose subscription the caller may see. */
export const LIST_SUBSCRIPTIONS = sql`
  select inbox_id, operator_id, weight, created_at
  from subscriptions
  where tenant_id = $1 and inbox_id = $2 and operator_id > $3 and ($4::uuid is null or operator_id = $4)
  order by operator_id
  limit $5`;

export const SUBSCRIBE = sql`
  insert into subscriptions (tenant_id, inbox_id, operator_id, weight) values ($1, $2, $3, $4)
  returning inbox_id, operator_id, weight, created_at`;

export const UNSUBSCRIBE = sql`
  delete from subscriptions where tenant_id = $1 and inbox_id = $2 and operator_id = $3 returning operator_id`;

/** Operators who are not in the list are unsubscribed; the rest get the weights of the list. */
export const REPLACE_SUBSCRIPTIONS = sql`
  with wanted as (
    select * from unnest($3::uuid[], $4::integer[]) as w (operator_id, weight)
  ), dropped as (
    delete from subscriptions s
    where s.tenant_id = $1 and s.inbox_id = $2 and not exists (select 1 from wanted w where w.operator_id = s.operator_id)
  )
  insert into subscriptions (tenant_id, inbox_id, operator_id, weight)
  select $1, $2, w.operator_id, w.weight from wanted w order by w.operator_id
  on conflict (tenant_id, inbox_id, operator_id) do update set weight = excluded.weight`;

/** Which of the operators the tenant does not have. */
export const UNKNOWN_OPERATORS = sql`
  select w.operator_id from unnest($2::uuid[]) as w (operator_id)
  where not exists (select 1 from operators o where o.tenant_id = $1 and o.id = w.operator_id)`;

/** Two changes of one list run one after the other, and none while the inbox distributes. $1 tenant, $2 inbox */
export const LOCK_DISTRIBUTION = sql`select lock_distribution($1, array[$2::uuid])`;

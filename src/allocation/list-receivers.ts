import { ApiProperty } from '@nestjs/swagger';
import { sql } from '../database/statement.js';
import { AVAILABILITIES, type Availability } from '../operators/operator.js';

/** Somebody to whom a conversation can be handed over. It tells no more of a colleague than that takes. */
export class Receiver {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000012' })
  operatorId: string;
  @ApiProperty({ example: 'Oscar Operator' })
  name: string;
  @ApiProperty({ enum: AVAILABILITIES, enumName: 'Availability', example: 'AVAILABLE' })
  status: Availability;
  @ApiProperty({ example: true, description: 'Whether they can take one more of this inbox now.' })
  canReceive: boolean;
}

export class Receivers {
  @ApiProperty({
    type: [Receiver],
    description: 'Those who can receive it first, each by name. At most 1,000.',
  })
  operators: Receiver[];
}

const MAX_RECEIVERS = 1_000;

/** $1 tenant, $2 whether the caller sees all of it. */
export const MAY_HAND_OVER = sql`select may_hand_over($1, $2) as may`;

/**
 * The active operators who may take from inbox $2 of tenant $1, without holder $3, and whether transfer_to_operator would
 * accept each of them. The load is counted after the limit: counting reads all that an operator holds.
 */
export const LIST_RECEIVERS = sql`
  select o.id, o.name, o.availability, cardinality(operator_ineligibility_reasons(
      o.is_active, o.availability, o.is_present, o.max_load, l.held)) = 0
    and (o.inbox_max_load is null or o.inbox_max_load > l.held_of_inbox) as can_receive
  from (
    select o.id, o.name, o.availability, o.is_active, o.max_load, s.max_load as inbox_max_load,
      t.presence_timeout_seconds is null or is_present(o.tenant_id, o.id) as is_present
    from tenants t
    join operators o on o.tenant_id = t.id and o.is_active and o.id <> $3::uuid
    left join subscriptions s on s.tenant_id = $1 and s.inbox_id = $2 and s.operator_id = o.id
    where t.id = $1 and (s.operator_id is not null or t.auto_subscribe)
    order by o.availability <> 'AVAILABLE', o.name, o.id
    limit ${MAX_RECEIVERS.toString()}) o
  cross join lateral (
    select count(*) as held, count(*) filter (where h.inbox_id = $2) as held_of_inbox
    from conversations h
    where h.tenant_id = $1 and h.assigned_operator_id = o.id and h.state = 'ALLOCATED' and not h.is_parked
    offset 0) l
  order by can_receive desc, o.name, o.id`;

export interface ReceiverRow {
  id: string;
  name: string;
  availability: Availability;
  can_receive: boolean;
}

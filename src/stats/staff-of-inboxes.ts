import { ApiProperty } from '@nestjs/swagger';

/**
 * Common table expressions of a statement for tenant $1. `staff` has a row for each inbox with operators who can take
 * from it, by their status, and how many more conversations they can get; infinite where one of them has no limit.
 * `holding` has the conversations that are held, read once from an index that contains only them, and `held_by` how many
 * each operator has.
 */
export const STAFF_OF_INBOXES = `
  holding as materialized (
    select c.id, c.inbox_id, c.assigned_operator_id as operator_id, c.is_parked, c.awaiting_reply_since
    from conversations c
    where c.tenant_id = $1 and c.state = 'ALLOCATED'
  ), held as materialized (
    select c.operator_id, c.inbox_id, (count(*) filter (where not c.is_parked))::integer as load,
      (count(*) filter (where c.is_parked))::integer as parked
    from holding c
    group by c.operator_id, c.inbox_id
  ), held_by as materialized (
    select h.operator_id, sum(h.load)::integer as load, sum(h.parked)::integer as parked from held h group by h.operator_id
  ), person as materialized (
    select o.id, o.availability, case when o.availability <> 'AVAILABLE' then 0
        when o.max_load is null then 'Infinity'::double precision else greatest(o.max_load - coalesce(h.load, 0), 0)
      end::double precision as free
    from operators o left join held_by h on h.operator_id = o.id
    where o.tenant_id = $1 and o.is_active
  ), taker as (
    select s.inbox_id, p.availability,
      case when s.max_load is null or p.free = 0 then p.free
        else least(p.free, greatest(s.max_load - coalesce(h.load, 0), 0)) end as free
    from subscriptions s
    join person p on p.id = s.operator_id
    left join held h on s.max_load is not null and h.operator_id = s.operator_id and h.inbox_id = s.inbox_id
    where s.tenant_id = $1
  ), staff as materialized (
    select t.inbox_id, (count(*) filter (where t.availability = 'AVAILABLE'))::integer as available,
      (count(*) filter (where t.availability = 'PAUSED'))::integer as paused,
      (count(*) filter (where t.availability = 'OFFLINE'))::integer as offline, sum(t.free) as free
    from taker t group by t.inbox_id
  )`;

export interface StaffColumns {
  available: number | null;
  paused: number | null;
  offline: number | null;
  free: number | null;
}

const count = (description: string) => ({ type: 'integer' as const, example: 2, description });

export class OperatorCounts {
  @ApiProperty(count('Active subscribed operators who are AVAILABLE.'))
  available: number;
  @ApiProperty(count('Those who are PAUSED.'))
  paused: number;
  @ApiProperty(count('Those who are OFFLINE.'))
  offline: number;
}

export class InboxStaff {
  @ApiProperty({ type: OperatorCounts })
  operators: OperatorCounts;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 5,
    description: 'How many more conversations the AVAILABLE ones can get; null: no limit.',
  })
  freeCapacity: number | null;
}

/** Nobody is subscribed where there is no row. */
export function staffResponse({ available, paused, offline, free }: StaffColumns): InboxStaff {
  return {
    operators: { available: available ?? 0, paused: paused ?? 0, offline: offline ?? 0 },
    freeCapacity: free === Infinity ? null : (free ?? 0),
  };
}

/** The entries by which an operator gets a conversation out of a queue. */
const GIVEN = `array['conversation.allocated', 'conversation.claimed', 'conversation.distributed', 'conversation.reassigned']`;

/**
 * A common table expression of a statement for tenant $1: when each operator last got a conversation, exact like all
 * statistics.
 */
export const LAST_GIVEN = `
  last_given as materialized (
    select g.operator_id, max(g.at) as last_given_at
    from (
      select s.operator_id, s.last_at as at from activity_series s
      where s.tenant_id = $1 and s.inbox_id = '00000000-0000-0000-0000-000000000000' and s.type = any (${GIVEN})
      union all
      select e.to_operator_id, e.occurred_at from unfolded_events($1) e where e.type = any (${GIVEN})) g
    group by g.operator_id
  )`;

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Push: conversations of an inbox with a push strategy are handed to an operator by the service itself, when they
 * arrive or when somebody becomes free (docs/adr/0005-push-distribution.md). Here: who is eligible, who is next, and the
 * locks, in this order: the distribution of the inboxes, operators by id, then as everywhere.
 */
export class DistributionStrategies1795219211000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Whose turn it is: when the service last handed them a conversation of this inbox.
      alter table subscriptions add column last_distributed_at timestamptz;

      create function operator_load(p_tenant uuid, p_operator uuid) returns bigint
      language sql stable
      return (select count(*) from conversations c
        where c.tenant_id = p_tenant and c.assigned_operator_id = p_operator and c.state = 'ALLOCATED');

      -- As before; the load of those without a limit is no longer counted.
      create or replace function operator_obstacles(o operators) returns text[]
      language sql stable
      as $$
        select array_remove(array[
          case when not o.is_active then 'OPERATOR_INACTIVE' end,
          case when o.availability <> 'AVAILABLE' then 'OPERATOR_OFFLINE' end,
          case when o.max_load is not null then
            case when o.max_load <= operator_load(o.tenant_id, o.id) then 'OPERATOR_AT_CAPACITY' end end], null)
      $$;

      -- Every reason why a conversation of the inbox may not go to the operator now: the operator's own, which also
      -- stop a reassign, and those of their place in the inbox. Of an inbox that pushes only subscribers with a weight
      -- are handed anything; of another one, autoSubscribe lets everybody take.
      create function eligibility_obstacles(t tenants, i inboxes, o operators) returns text[]
      language sql stable
      as $$
        select operator_obstacles(o) || array_remove(array[
          case when s.operator_id is null and (i.distribution <> 'PULL' or not t.auto_subscribe) then 'NOT_SUBSCRIBED' end,
          case when s.weight = 0 and i.distribution <> 'PULL' then 'WEIGHT_ZERO' end], null)
        from (select) one
        left join subscriptions s on s.tenant_id = i.tenant_id and s.inbox_id = i.id and s.operator_id = o.id
      $$;

      -- The strategies: who is lowest is next. A new one is a line here, one in distribution_reason, and its name in the
      -- constraint of inboxes and in src/inboxes/inbox.ts.
      -- WEIGHTED_RANDOM draws for each an exponentially distributed time with the weight as its rate; the first one is
      -- theirs with probability weight / sum of weights (Efraimidis and Spirakis, 2006, for one item).
      create function distribution_order(strategy text, s subscriptions) returns double precision
      language sql volatile
      as $$
        select case strategy
          when 'WEIGHTED_RANDOM' then -ln(1 - random()) / s.weight
          when 'LEAST_LOADED' then operator_load(s.tenant_id, s.operator_id)::double precision / s.weight
          when 'ROUND_ROBIN' then coalesce(epoch_microseconds(s.last_distributed_at), 0)
        end
      $$;

      create function distribution_reason(strategy text, s subscriptions) returns text
      language sql stable
      as $$
        select case strategy
          when 'WEIGHTED_RANDOM' then format('Handed out by chance with weight %s', s.weight)
          when 'LEAST_LOADED' then format('Handed out to the least loaded, %s with weight %s',
            operator_load(s.tenant_id, s.operator_id), s.weight)
          when 'ROUND_ROBIN' then 'Handed out in turn'
        end
      $$;

      -- Who hands out conversations of the inboxes does it alone, until the end of the transaction.
      create function lock_distribution(p_inboxes uuid[]) returns void
      language sql volatile
      as $$
        select pg_advisory_xact_lock(hashtextextended(i.id::text, 2)) from (
          select distinct u.id from unnest(p_inboxes) as u (id) order by u.id) i
      $$;

      -- The operators who might be handed something of the inboxes, locked: nobody's load, availability or capacity
      -- changes until the end of the transaction.
      create function lock_receivers(p_tenant uuid, p_inboxes uuid[]) returns uuid[]
      language sql volatile
      as $$
        select coalesce(array_agg(r.id), '{}') from (
          select o.id from operators o
          where o.tenant_id = p_tenant and o.is_active and o.availability = 'AVAILABLE'
            and exists (select from subscriptions s
              where s.tenant_id = p_tenant and s.operator_id = o.id and s.inbox_id = any (p_inboxes) and s.weight > 0)
          order by o.id
          for no key update of o) r
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function lock_receivers, lock_distribution, distribution_reason, distribution_order, eligibility_obstacles;
      create or replace function operator_obstacles(o operators) returns text[]
      language sql stable
      as $$
        select array_remove(array[
          case when not o.is_active then 'OPERATOR_INACTIVE' end,
          case when o.availability <> 'AVAILABLE' then 'OPERATOR_OFFLINE' end,
          case when o.max_load <= (
            select count(*) from conversations c
            where c.tenant_id = o.tenant_id and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
          ) then 'OPERATOR_AT_CAPACITY' end], null)
      $$;
      drop function operator_load;
      alter table subscriptions drop column last_distributed_at;
    `);
  }
}

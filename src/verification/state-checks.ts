import { EXPIRY_BATCH } from '../deadlines/expire-grace-periods.js';
import { breach, warning, type Check } from './check.js';

/** Of an operator with more than a batch, a job does the rest. That takes a moment, but no minute. */
const HAS_JUST_CHANGED = `o.updated_at > now() - interval '1 minute'`;
const HAS_JUST_LEFT_WITH_MANY = `o.last_status_change_at > now() - interval '1 minute' and (
  select count(*) from conversations h
  where h.tenant_id = $1 and h.assigned_operator_id = o.id and h.state = 'ALLOCATED') > ${EXPIRY_BATCH}`;

const absentWithoutGracePeriod = (since: string) => `
  select 'conversation' as subject, c.id,
    format('is with operator %s, who is OFFLINE without a grace period', o.id) as problem
  from operators o
  join conversations c on c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED'
  where o.tenant_id = $1 and o.availability = 'OFFLINE' and ${since}
    and not exists (select 1 from deadlines g where g.tenant_id = $1 and g.conversation_id = c.id and g.kind = 'GRACE')`;

const heldByInactive = (since: string) => `
  select 'conversation' as subject, c.id, format('is with operator %s, who is deactivated', o.id) as problem
  from operators o
  join conversations c on c.tenant_id = $1 and c.assigned_operator_id = o.id
  where o.tenant_id = $1 and not o.is_active and ${since}`;

/** A conversation, its holder and its deadlines agree. */
export const STATE_CHECKS: readonly Check[] = [
  breach(
    'operator-exactly-when-allocated',
    `select 'conversation' as subject, c.id,
      format('is %s with operator %s', c.state, coalesce(c.assigned_operator_id::text, 'nobody')) as problem
    from conversations c
    where c.tenant_id = $1 and (c.assigned_operator_id is not null) <> (c.state = 'ALLOCATED')`,
  ),
  breach(
    'resolved-at-exactly-when-resolved',
    `select 'conversation' as subject, c.id,
      format('is %s and resolved at %s', c.state, coalesce(c.resolved_at::text, 'no time')) as problem
    from conversations c
    where c.tenant_id = $1 and (c.resolved_at is not null) <> (c.state = 'RESOLVED')`,
  ),
  breach(
    'in-line-exactly-when-queued',
    `select 'conversation' as subject, c.id, format('is %s with queue_key %s, basis_at %s, saturated %s', c.state,
      coalesce(c.queue_key::text, 'null'), coalesce(c.basis_at::text, 'null'), coalesce(c.saturated::text, 'null')) as problem
    from conversations c
    where c.tenant_id = $1
      and num_nulls(c.queue_key, c.basis_at, c.saturated) <> case c.state when 'QUEUED' then 0 else 3 end`,
  ),
  breach(
    'deadline-of-the-holder',
    `select 'conversation' as subject, g.conversation_id as id, format('has a deadline %s of operator %s, but is %s',
      g.kind, g.operator_id, case when c.assigned_operator_id is null then coalesce(c.state, 'unknown')
        else 'with operator ' || c.assigned_operator_id end) as problem
    from deadlines g
    left join conversations c on c.tenant_id = $1 and c.id = g.conversation_id
    where g.tenant_id = $1
      and (c.state, c.assigned_operator_id) is distinct from ('ALLOCATED', g.operator_id)`,
  ),
  breach(
    'grace-period-only-while-offline',
    // The grace period would end at the end of this one, not at the end of the next absence.
    `select 'conversation' as subject, g.conversation_id as id,
      format('has a grace period of operator %s, who is %s', g.operator_id, o.availability) as problem
    from deadlines g
    join operators o on o.tenant_id = $1 and o.id = g.operator_id
    where g.tenant_id = $1 and g.kind = 'GRACE' and o.availability <> 'OFFLINE'`,
  ),
  breach(
    'park-deadline-of-parked',
    `select 'conversation' as subject, d.conversation_id as id, 'has a time until which it is parked, but is not parked' as problem
    from deadlines d
    join conversations c on c.tenant_id = $1 and c.id = d.conversation_id
    where d.tenant_id = $1 and d.kind = 'PARK' and not c.is_parked`,
  ),
  breach(
    'parked-only-when-allocated',
    `select 'conversation' as subject, c.id, format('is %s and parked', c.state) as problem
    from conversations c
    where c.tenant_id = $1 and c.is_parked and c.state <> 'ALLOCATED'`,
  ),
  breach(
    'reply-deadline-of-those-who-await-one',
    `select 'conversation' as subject, d.conversation_id as id, 'must be replied to, though nobody awaits a reply' as problem
    from deadlines d
    join conversations c on c.tenant_id = $1 and c.id = d.conversation_id
    where d.tenant_id = $1 and d.kind = 'REPLY' and c.awaiting_reply_since is null`,
  ),
  breach(
    'nobody-awaits-a-reply-when-resolved',
    `select 'conversation' as subject, c.id, format('is RESOLVED and awaits a reply since %s', c.awaiting_reply_since) as problem
    from conversations c
    where c.tenant_id = $1 and c.state = 'RESOLVED' and c.awaiting_reply_since is not null`,
  ),
  warning(
    'more-parked-than-allowed',
    // maxParked may have been lowered.
    `select 'operator' as subject, p.operator_id as id, format('has parked %s of at most %s conversations', p.parked, t.max_parked) as problem
    from tenants t
    cross join lateral (
      select c.assigned_operator_id as operator_id, count(*) as parked from conversations c
      where c.tenant_id = $1 and c.state = 'ALLOCATED' and c.is_parked
      group by c.assigned_operator_id) p
    where t.id = $1 and p.parked > t.max_parked`,
  ),
  breach('absent-holder-has-grace-period', absentWithoutGracePeriod(`not (${HAS_JUST_LEFT_WITH_MANY})`)),
  warning('absent-holder-gets-grace-period', absentWithoutGracePeriod(HAS_JUST_LEFT_WITH_MANY)),
  breach('inactive-operators-hold-nothing', heldByInactive(`not (${HAS_JUST_CHANGED})`)),
  warning('inactive-operators-are-being-released', heldByInactive(HAS_JUST_CHANGED)),
  breach(
    'inactive-operators-are-offline',
    `select 'operator' as subject, o.id, 'is deactivated, yet ' || o.availability as problem
    from operators o
    where o.tenant_id = $1 and not o.is_active and o.availability <> 'OFFLINE'`,
  ),
  warning(
    'nobody-absent-is-available',
    // The sweep comes every few seconds, and after an outage everybody has one more timeout.
    `select 'operator' as subject, o.id, format('is %s without a sign of life, present until %s', o.availability,
      coalesce(p.present_until::text, 'never')) as problem
    from tenants t
    join operators o on o.tenant_id = $1 and o.availability <> 'OFFLINE'
    left join operator_presence p on p.tenant_id = $1 and p.operator_id = o.id
    where t.id = $1 and t.presence_timeout_seconds is not null
      and coalesce(p.present_until, o.last_status_change_at) < now() - interval '1 minute'`,
  ),
  warning(
    'leavers-hold-something',
    // Possible for a moment, because the last conversation is gone before its holder is.
    `select 'operator' as subject, o.id, format('is %s, becomes %s when they hold nothing any more, and holds nothing',
      o.availability, o.next_status) as problem
    from operators o
    where o.tenant_id = $1 and o.next_status is not null and not exists (
      select 1 from conversations c
      where c.tenant_id = $1 and c.assigned_operator_id = o.id and c.state = 'ALLOCATED')`,
  ),
];

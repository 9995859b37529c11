import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dropFunctions } from './support/drop-functions.js';
import { isolateByTenant } from './support/tenant-isolation.js';

/** Functions whose parameters or results change. Their files create them again. */
const CHANGED_FUNCTIONS = [
  'operator_ineligibility_reasons',
  'ineligibility_reasons',
  'choose_receiver',
  'distribute_conversations',
  'wait_for_first',
  'lock_conversation',
  'lock_receivers',
  'queue_position',
  'queue_urgency',
  'queue_score',
  'priority_score',
  'tenants_for_platform',
  'backlog',
];

/**
 * What a desk needs for its day: pauses and presence, giving back and handing over, deadlines to accept and to reply,
 * parking, boosts, a capacity for each subscription, and a paced backlog. Everything is off until it is asked for, but
 * `decline_seconds` and `backlog_per_minute`.
 *
 * `down` loses it: who is PAUSED becomes OFFLINE, and what is parked counts as load again.
 */
export class TheOperatorsDay1795600013000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    // Rows are changed here. Their owner may not see them while row-level security is forced.
    await runner.query(`alter table conversations no force row level security`);
    await runner.query(`
      alter type priority_settings add attribute inbox_boosts jsonb;
      alter type conversation_response
        add attribute boost_minutes integer,
        add attribute is_parked boolean,
        add attribute parked_until timestamptz,
        add attribute accept_by timestamptz,
        add attribute last_reply_at timestamptz,
        add attribute awaiting_reply_since timestamptz;

      alter table tenants
        add column decline_seconds integer not null default 900,
        add column presence_timeout_seconds integer,
        add column operators_may_hand_over boolean not null default true,
        add column misses_before_pause integer not null default 2,
        add column max_parked integer not null default 20,
        -- null: all at once.
        add column backlog_per_minute integer default 10,
        -- The boosts of the inboxes that have one, {inboxId: minutes}; null when none has. Who allocates has read this
        -- row anyway. A join with the inboxes took 14 µs.
        add column inbox_boosts jsonb,
        add constraint tenants_decline_seconds check (decline_seconds >= 0),
        add constraint tenants_presence_timeout check (presence_timeout_seconds between 30 and 3600),
        add constraint tenants_misses_before_pause check (misses_before_pause > 0),
        add constraint tenants_max_parked check (max_parked >= 0),
        add constraint tenants_backlog_per_minute check (backlog_per_minute > 0);

      alter table inboxes
        add column accept_within_seconds integer,
        add column reply_within_seconds integer,
        add column on_reply_overdue text not null default 'NOTIFY',
        add column affinity text not null default 'NONE',
        add column boost_minutes integer not null default 0,
        add constraint inboxes_accept_within check (accept_within_seconds > 0),
        add constraint inboxes_reply_within check (reply_within_seconds > 0),
        add constraint inboxes_on_reply_overdue check (on_reply_overdue in ('NOTIFY', 'REQUEUE')),
        add constraint inboxes_affinity check (affinity in ('NONE', 'LAST_OPERATOR')),
        add constraint inboxes_boost check (boost_minutes between -1440 and 525600);

      alter table operators
        -- Why they have this status, in their own words.
        add column status_reason text,
        -- The status they get when they hold nothing any more.
        add column next_status text,
        -- When the last conversations of the backlog were distributed to them, of the last minute.
        add column backlog_given_at timestamptz[] not null default '{}',
        drop constraint operators_availability,
        add constraint operators_availability check (availability in ('AVAILABLE', 'PAUSED', 'OFFLINE')),
        add constraint operators_status_reason check (length(status_reason) between 1 and 255),
        add constraint operators_next_status check (
          next_status is null or next_status = 'OFFLINE' and availability = 'PAUSED');

      alter table subscriptions
        add column max_load integer,
        -- The turn of who is subscribed, or subscribed again, comes after those who wait longer.
        alter column last_distributed_at set default clock_timestamp(),
        add constraint subscriptions_max_load check (max_load > 0);

      alter table conversations
        add column boost_minutes integer not null default 0,
        -- Held, and waiting for the customer: no load.
        add column is_parked boolean not null default false,
        add column last_reply_at timestamptz,
        -- The first message of the customer after the last reply; null where nobody waits for a reply.
        add column awaiting_reply_since timestamptz,
        -- Until then at least one operator has declined it (declines). null where nobody has.
        add column declined_until timestamptz,
        add constraint conversations_boost check (boost_minutes between -1440 and 525600),
        add constraint conversations_parked_only_when_allocated check (state = 'ALLOCATED' or not is_parked);
      update conversations set awaiting_reply_since = waiting_since where state <> 'RESOLVED';
      create index conversations_queue_boosted on conversations (tenant_id, inbox_id, boost_minutes)
        where boost_minutes <> 0 and basis_at is not null;
      comment on index conversations_queue_boosted is
        'allocate while a change of the weights rewrites the keys: those with a boost of their own';

      -- Presence has a row of its own, so that a renewal never waits for a lock of the operator.
      create table operator_presence (
        tenant_id uuid not null,
        operator_id uuid not null,
        present_until timestamptz not null,
        constraint operator_presence_pk primary key (tenant_id, operator_id),
        constraint operator_presence_operator_fk foreign key (tenant_id, operator_id) references operators (tenant_id, id)
      )
      -- A renewal changes no indexed column, so it stays on its page.
      with (fillfactor = 50);
      create table presence_sweeps (
        tenant_id uuid not null,
        swept_at timestamptz not null,
        constraint presence_sweeps_pk primary key (tenant_id),
        constraint presence_sweeps_tenant_fk foreign key (tenant_id) references tenants (id)
      );

      -- An operator who gave a conversation back, or did not accept it, is not given it again for a while.
      create table declines (
        tenant_id uuid not null,
        conversation_id uuid not null,
        operator_id uuid not null,
        declined_until timestamptz not null,
        -- Also while nobody else could take it: a supervisor took it from them.
        is_strict boolean not null default false,
        constraint declines_pk primary key (tenant_id, conversation_id, operator_id),
        constraint declines_conversation_fk foreign key (tenant_id, conversation_id) references conversations (tenant_id, id),
        constraint declines_operator_fk foreign key (tenant_id, operator_id) references operators (tenant_id, id)
      );
      create index declines_ended on declines (tenant_id, declined_until) where declined_until > '-infinity';
      comment on index declines_ended is 'clean-up: the declines that have ended. Statements say declined_until > -infinity';

      -- How often in a row an operator did not accept what was distributed to them.
      create table missed_acceptances (
        tenant_id uuid not null,
        operator_id uuid not null,
        in_a_row integer not null,
        constraint missed_acceptances_pk primary key (tenant_id, operator_id),
        constraint missed_acceptances_operator_fk foreign key (tenant_id, operator_id) references operators (tenant_id, id),
        constraint missed_acceptances_above_zero check (in_a_row > 0)
      );

      ${isolateByTenant('operator_presence', { application: 'select, insert, update, delete', platformReads: true })}
      ${isolateByTenant('presence_sweeps', { application: 'select, insert, update, delete', platformReads: true })}
      ${isolateByTenant('declines', { application: 'select, insert, update, delete', platformReads: true })}
      ${isolateByTenant('missed_acceptances', { application: 'select, insert, update, delete' })}`);
    await runner.query(GRACE_PERIODS_TO_DEADLINES);
    await runner.query(`alter table conversations force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropFunctions(runner, CHANGED_FUNCTIONS);
    for (const table of ['operators', 'deadlines'])
      await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      ${DEADLINES_TO_GRACE_PERIODS}
      drop table operator_presence, presence_sweeps, declines, missed_acceptances;
      alter table conversations
        drop column boost_minutes, drop column is_parked, drop column last_reply_at, drop column awaiting_reply_since,
        drop column declined_until;
      alter table subscriptions drop column max_load, alter column last_distributed_at drop default;
      update operators set availability = 'OFFLINE', next_status = null where availability = 'PAUSED';
      alter table operators
        drop column status_reason, drop column next_status, drop column backlog_given_at,
        drop constraint operators_availability,
        add constraint operators_availability check (availability in ('AVAILABLE', 'OFFLINE'));
      alter table inboxes
        drop column accept_within_seconds, drop column reply_within_seconds, drop column on_reply_overdue,
        drop column affinity, drop column boost_minutes;
      alter table tenants
        drop column decline_seconds, drop column presence_timeout_seconds, drop column operators_may_hand_over,
        drop column misses_before_pause, drop column max_parked, drop column backlog_per_minute,
        drop column inbox_boosts;
      alter type conversation_response
        drop attribute boost_minutes, drop attribute is_parked, drop attribute parked_until, drop attribute accept_by,
        drop attribute last_reply_at, drop attribute awaiting_reply_since;
      alter type priority_settings drop attribute inbox_boosts`);
    for (const table of ['operators', 'grace_periods'])
      await runner.query(`alter table ${table} force row level security`);
  }
}

const GRACE_PERIODS_TO_DEADLINES = `
  alter table grace_periods rename to deadlines;
  alter policy grace_periods_of_tenant on deadlines rename to deadlines_of_tenant;
  alter policy grace_periods_for_platform on deadlines rename to deadlines_for_platform;
  alter table deadlines rename constraint grace_periods_conversation_fk to deadlines_conversation_fk;
  alter table deadlines rename constraint grace_periods_operator_fk to deadlines_operator_fk;
  -- All that there are so far.
  alter table deadlines add column kind text not null default 'GRACE';
  alter table deadlines
    alter column kind drop default,
    add constraint deadlines_kind check (kind in ('GRACE', 'ACCEPT', 'REPLY', 'PARK')),
    drop constraint grace_periods_pk,
    add constraint deadlines_pk primary key (tenant_id, conversation_id, kind);
  drop index grace_periods_due, grace_periods_of_operator;
  create index deadlines_due on deadlines (tenant_id, kind, expires_at, conversation_id) where expires_at > '-infinity';
  create index deadlines_of_operator on deadlines (tenant_id, operator_id, kind, conversation_id);
  comment on index deadlines_due is 'expiry of deadlines, GET /deadlines, GET /grace-periods: the first to end. Statements say expires_at > -infinity';
  comment on index deadlines_of_operator is 'the deadlines of an operator: their status, and when they come back'`;

const DEADLINES_TO_GRACE_PERIODS = `
  delete from deadlines where kind <> 'GRACE';
  drop index deadlines_due, deadlines_of_operator;
  alter table deadlines drop constraint deadlines_pk, drop column kind;
  alter table deadlines rename to grace_periods;
  alter policy deadlines_of_tenant on grace_periods rename to grace_periods_of_tenant;
  alter policy deadlines_for_platform on grace_periods rename to grace_periods_for_platform;
  alter table grace_periods rename constraint deadlines_conversation_fk to grace_periods_conversation_fk;
  alter table grace_periods rename constraint deadlines_operator_fk to grace_periods_operator_fk;
  alter table grace_periods add constraint grace_periods_pk primary key (tenant_id, conversation_id);
  create index grace_periods_due on grace_periods (tenant_id, expires_at);
  create index grace_periods_of_operator on grace_periods (tenant_id, operator_id, conversation_id);
  comment on index grace_periods_due is 'grace expiry, GET /grace-periods: the first to end';
  comment on index grace_periods_of_operator is 'an operator comes back: END_GRACE_PERIODS';`;

import { ApiProperty } from '@nestjs/swagger';
import { STATES, type State } from '../ledger/state-machine.js';
import { sql } from '../database/statement.js';
import { DISTRIBUTIONS, type Distribution } from '../inboxes/inbox.js';
import { AVAILABILITIES, type Availability } from '../operators/operator.js';
import { LAST_GIVEN } from '../operators/last-given.js';

export const INELIGIBILITY_REASONS = [
  'INACTIVE',
  'OFFLINE',
  'PAUSED',
  'NOT_PRESENT',
  'AT_CAPACITY',
  'AT_INBOX_CAPACITY',
  'NOT_SUBSCRIBED',
  'WEIGHT_ZERO',
  'DECLINED',
  'PACED',
] as const;
export type IneligibilityReason = (typeof INELIGIBILITY_REASONS)[number];

class ScoreParts {
  @ApiProperty({ example: 0.4 })
  alpha: number;
  @ApiProperty({ example: 3, type: 'integer', description: 'The messages that `countBasis` counts.' })
  messageCount: number;
  @ApiProperty({
    example: 0.012,
    description:
      'Part of the score that comes from messages: alpha · min(messageCount / maxMessageCount, 1).',
  })
  fromMessages: number;
  @ApiProperty({ example: 0.6 })
  beta: number;
  @ApiProperty({ example: 60.4, description: 'Minutes since the time that `delayBasis` names.' })
  delayMinutes: number;
  @ApiProperty({
    example: 0.0252,
    description:
      'Part of the score that comes from the delay: beta · min(delayMinutes / maxDelayMinutes, 1).',
  })
  fromDelay: number;
  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'The boost of the conversation.',
  })
  boostMinutes: number;
  @ApiProperty({ type: 'integer', example: 0, description: 'The boost of its inbox.' })
  inboxBoostMinutes: number;
  @ApiProperty({
    example: 0,
    description:
      'Part of the score that comes from boosts: beta · (boostMinutes + inboxBoostMinutes) / maxDelayMinutes.',
  })
  fromBoost: number;
}

export class OperatorExplanation {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000012' })
  operatorId: string;
  @ApiProperty({ example: 'Oscar Operator' })
  name: string;
  @ApiProperty({ example: false, description: 'Whether the conversation could be allocated to them now.' })
  eligible: boolean;
  @ApiProperty({
    enum: INELIGIBILITY_REASONS,
    isArray: true,
    example: ['AT_CAPACITY'],
    description:
      'Every reason why they are not eligible. DECLINED: they gave it back or it was taken from them, and somebody else ' +
      'could take it. PACED: they were given their `backlogPerMinute`; what arrives now they get all the same.',
  })
  reasons: IneligibilityReason[];
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'When their decline of this conversation ends; null without one.',
  })
  declinedUntil: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'PULL: nobody asked since 2026-03-02T09:12:00.000Z',
    description: 'Why somebody who is eligible does not have it yet, in words; null for all others.',
  })
  notTakenBecause: string | null;
  @ApiProperty({ enum: AVAILABILITIES, example: 'AVAILABLE' })
  status: Availability;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T08:00:00.000Z' })
  statusSince: string;
  @ApiProperty({ type: 'integer', example: 3, description: 'How many they hold, without parked ones.' })
  load: number;
  @ApiProperty({ type: 'integer', nullable: true, example: 3, description: 'null: no limit.' })
  maxLoad: number | null;
  @ApiProperty({
    type: 'integer',
    example: 1,
    description: 'How many they hold of this inbox, without parked ones.',
  })
  heldOfInbox: number;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: '2026-03-02T09:12:00.000Z',
    description: 'When they last got a conversation of any inbox out of a queue; null: never.',
  })
  lastGivenAt: string | null;
}

export class Explanation {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000301' })
  conversationId: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ enum: DISTRIBUTIONS, example: 'PULL' })
  distribution: Distribution;
  @ApiProperty({
    example: true,
    description: '`false`: its inbox is archived. It is still allocated to the subscribed operators.',
  })
  inboxIsActive: boolean;
  @ApiProperty({ enum: STATES, example: 'QUEUED' })
  state: State;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  assignedOperatorId: string | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 2,
    description: 'Rank in the queue of its inbox, from 1; null unless QUEUED.',
  })
  rank: number | null;
  @ApiProperty({ type: Number, nullable: true, example: 0.0372 })
  score: number | null;
  @ApiProperty({ type: ScoreParts, nullable: true })
  parts: ScoreParts | null;
  @ApiProperty({
    type: [OperatorExplanation],
    description: 'Subscribed operators first. OPERATORs see only themselves.',
    example: [
      {
        operatorId: '019c8f00-0000-7000-8000-000000000011',
        name: 'Olivia Operator',
        eligible: true,
        reasons: [],
        declinedUntil: null,
        notTakenBecause: 'PULL: nobody asked since 2026-03-02T09:12:00.000Z',
        status: 'AVAILABLE',
        statusSince: '2026-03-02T08:00:00.000Z',
        load: 2,
        maxLoad: 3,
        heldOfInbox: 1,
        lastGivenAt: '2026-03-02T09:12:00.000Z',
      },
    ],
  })
  operators: OperatorExplanation[];
}

export interface ScoreRow {
  /** Whether `rank` is null because storedRank reads it. */
  has_stored_rank: boolean;
  distribution: Distribution;
  inbox_is_active: boolean;
  rank: number | null;
  score: number | null;
  alpha: number;
  beta: number;
  /** Those that count, by the count basis. */
  messages: number;
  from_messages: number | null;
  boost_minutes: number;
  inbox_boost_minutes: number;
  from_boost: number;
  delay_minutes: number | null;
}

/**
 * $1 tenant, $2 conversation. The rank follows the order of queue_page, over the queue of the inbox. With
 * CANDIDATE_WINDOW it counts only the candidates, and is null for other conversations. While a change of the weights is
 * being carried out it needs a look at every waiting conversation of the inbox: about 2 µs each, 0.2 s for 100,000.
 */
export const EXPLAIN_SCORE = sql`
  with own as (
    select c.id, c.tenant_id, c.inbox_id, c.state, n.messages, b.basis_at, c.boost_minutes,
      queue_urgency(t.settings, n.messages, c.boost_minutes, b.basis_at, statement_timestamp()) as urgency
    from conversations c
    join queue_settings t on t.tenant_id = $1
    cross join lateral (select queue_count(t.settings, c.message_count, c.waiting_message_count) as messages) n
    cross join lateral (select queue_basis(t.settings, c.last_message_at, c.waiting_since) as basis_at) b
    where c.tenant_id = $1 and c.id = $2
  ), ranked as (
    select null::integer as rank, true as has_stored_rank,
      score_of_urgency(t.settings, queue_bonus(t.settings, o.messages)) as from_messages
    from own o
    join queue_settings t on t.tenant_id = $1 and (t.settings).normalization = 'FIXED'
    where o.state = 'QUEUED' and not (t.settings).is_reranking
    union all
    select f.ahead + 1, false, score_of_urgency(t.settings, queue_bonus(t.settings, o.messages))
    from own o
    join queue_settings t on t.tenant_id = $1 and (t.settings).normalization = 'FIXED'
    cross join lateral (
      select count(*)::integer as ahead from conversations c
      where c.tenant_id = $1 and c.inbox_id = o.inbox_id and c.state = 'QUEUED'
        and (-queue_urgency(t.settings, queue_count(t.settings, c.message_count, c.waiting_message_count),
              c.boost_minutes, queue_basis(t.settings, c.last_message_at, c.waiting_since), statement_timestamp()),
            queue_basis(t.settings, c.last_message_at, c.waiting_since), c.id)
          < (-o.urgency, o.basis_at, o.id)) f
    where o.state = 'QUEUED' and (t.settings).is_reranking
    union all
    select w.rank, false, w.from_messages
    from own o
    join queue_settings t on t.tenant_id = $1 and (t.settings).normalization = 'CANDIDATE_WINDOW'
    cross join lateral (
      select n.id, n.from_messages, row_number() over (order by n.urgency desc, n.basis_at, n.id)::integer as rank
      from candidate_window(t.settings, array[o.inbox_id], statement_timestamp()) n) w
    where w.id = o.id
  )
  select coalesce(r.has_stored_rank, false) as has_stored_rank, i.distribution, i.is_active as inbox_is_active,
    (t.settings).alpha, (t.settings).beta, r.rank, o.messages, r.from_messages, o.boost_minutes, i.boost_minutes as inbox_boost_minutes,
    score_of_urgency(t.settings, queue_boost(t.settings, o.boost_minutes + i.boost_minutes)) as from_boost,
    case when r.from_messages is not null then
      queue_score(t.settings, array[o.inbox_id], o.id, o.messages, o.boost_minutes + i.boost_minutes, o.basis_at,
        statement_timestamp()) end as score,
    case when o.state = 'QUEUED' then greatest(
      extract(epoch from statement_timestamp() - o.basis_at)::double precision / 60, 0) end as delay_minutes
  from own o
  join queue_settings t on t.tenant_id = $1
  join inboxes i on i.tenant_id = $1 and i.id = o.inbox_id
  left join ranked r on true`;

export interface OperatorRow {
  id: string;
  name: string;
  reasons: IneligibilityReason[];
  declined_until: Date | null;
  availability: Availability;
  last_status_change_at: Date;
  max_load: number | null;
  held: number;
  held_of_inbox: number;
  last_given_at: Date | null;
}

/** The most operators that are explained. */
const MAX_OPERATORS = 1_000;

/**
 * $1 tenant, $2 conversation, $3 null or the only operator to explain. The reasons come from ineligibility_reasons,
 * which distribution uses as well; allocate, claim and reassign use parts of it. A weight of 0 excludes an operator
 * from distribution only.
 */
export const EXPLAIN_OPERATORS = sql`
  with own as materialized (
    select c.tenant_id, c.id, c.inbox_id, c.state, c.declined_until from conversations c where c.tenant_id = $1 and c.id = $2
  ), declined as materialized (
    select declining_operators($1, c.id, c.inbox_id) as operators from own c where c.declined_until > clock_timestamp()
  ), backlog as materialized (
    select t.backlog_per_minute, (
      select max(e.weight) from eligible_operators($1, c.inbox_id) e where e.weight > 0) as highest_weight
    from own c
    join tenants t on t.id = $1
    join inboxes i on i.tenant_id = $1 and i.id = c.inbox_id
    where c.state = 'QUEUED' and i.distribution <> 'PULL' and t.backlog_per_minute is not null
  ), ${LAST_GIVEN}
  select o.id, o.name, o.availability, o.last_status_change_at, o.max_load, l.held::integer, l.held_of_inbox::integer,
    (select g.last_given_at from last_given g where g.operator_id = o.id) as last_given_at,
    array(select replace(reason, 'OPERATOR_', '') from unnest(ineligibility_reasons(
      o.is_active, o.availability, o.is_present, o.max_load, l.held, o.distribution, o.auto_subscribe, o.weight,
      o.inbox_max_load, l.held_of_inbox)) reason)
      || case when o.id = any ((select d.operators from declined d)::uuid[]) then array['DECLINED'] else '{}' end
      || case when o.given > 0 and o.weight > 0 and o.given >= (
        select backlog_share(b.backlog_per_minute, o.distribution, o.weight, greatest(b.highest_weight, o.weight))
        from backlog b) then array['PACED'] else '{}' end as reasons,
    (select d.declined_until from declines d
      where d.tenant_id = $1 and d.conversation_id = $2 and d.operator_id = o.id and d.declined_until > clock_timestamp()
    ) as declined_until
  from (
    select o.id, o.name, o.is_active, o.availability, o.last_status_change_at, o.max_load, i.distribution, t.auto_subscribe, s.weight,
      s.max_load as inbox_max_load, i.id as inbox_id, given_lately(o.backlog_given_at, clock_timestamp()) as given,
      t.presence_timeout_seconds is null or is_present(o.tenant_id, o.id) as is_present
    from own c
    join tenants t on t.id = $1
    join inboxes i on i.tenant_id = $1 and i.id = c.inbox_id
    join operators o on o.tenant_id = $1 and ($3::uuid is null or o.id = $3)
    left join lateral (select s.operator_id, s.weight, s.max_load from subscriptions s
      where s.tenant_id = $1 and s.inbox_id = c.inbox_id and s.operator_id = o.id offset 0) s on true
    order by s.operator_id is null, o.name, o.id
    limit ${MAX_OPERATORS.toString()}) o
  -- After the limit: counting reads all that an operator holds.
  cross join lateral (
    select count(*) as held, count(*) filter (where h.inbox_id = o.inbox_id) as held_of_inbox
    from conversations h
    where h.tenant_id = $1 and h.assigned_operator_id = o.id and h.state = 'ALLOCATED' and not h.is_parked
    offset 0) l
  order by o.weight is null, o.name, o.id`;

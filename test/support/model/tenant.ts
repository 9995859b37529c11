import { randomUUID } from 'node:crypto';
import type { ConversationResponse } from '../../../src/conversations/conversation.js';
import type { DeadlineKind } from '../../../src/deadlines/deadline.js';
import { DeadlineExpiry } from '../../../src/deadlines/deadline-expiry.js';
import { PROBLEMS } from '../../../src/http/problem.js';
import { verifyTenant, type Finding } from '../../../src/verification/find-breaches.js';
import type { TestApplication } from '../application.js';
import { settle } from './distribution.js';
import { Model, type Caller, type Expected } from './model.js';
import { INBOXES, type Plan } from './plans.js';

export interface ServiceResponse {
  status: number;
  code: string | null;
  conversation: ConversationResponse | null;
}

/** The tenant of a sequence in the service. Calls it in-process and reads its database. */
export class RealTenant {
  readonly id = randomUUID();
  readonly inboxes = INBOXES.map(() => randomUUID());
  readonly people: string[];
  /** Prepares what all sequences share. */
  private readonly admin = randomUUID();
  private readonly startedAt = Date.now();
  readonly tomorrow = new Date(this.startedAt + 86_400_000).toISOString();

  private constructor(
    readonly app: TestApplication,
    plan: Plan,
  ) {
    // In the order of their ids, which break ties.
    this.people = plan.people.map(() => randomUUID()).sort();
  }

  /** Creates the tenant in one round trip, because hundreds of sequences need one. */
  static async of(app: TestApplication, plan: Plan): Promise<RealTenant> {
    const real = new RealTenant(app, plan);
    const { weights } = plan;
    const people = plan.people.map((person, i) => ({ ...person, id: real.people[i] }));
    const boosts = plan.boosts.flatMap((minutes, i) => (minutes === 0 ? [] : [[real.inboxes[i], minutes]]));
    await app.database.rows(
      `with tenant as (
        insert into tenants (id, name, alpha, beta, max_message_count, max_delay_minutes, delay_basis, grace_period_seconds,
          auto_subscribe, count_basis, max_parked, backlog_per_minute, inbox_boosts)
        values ($1, 'A sequence', $2, $3, $4, $5, $6, $7, $8, $13, $14, null, $20)
      ), inbox as (
        insert into inboxes (tenant_id, id, name, distribution, accept_within_seconds, reply_within_seconds,
          on_reply_overdue, affinity, boost_minutes)
        select $1, i.id, 'Inbox ' || i.place, i.distribution, case when i.accept then 600 end,
          case when i.reply then 600 end, $15, case when i.affine then 'LAST_OPERATOR' else 'NONE' end, i.boost
        from unnest($9::uuid[], $12::text[], $16::boolean[], $17::boolean[], $18::boolean[], $19::integer[])
          with ordinality as i (id, distribution, accept, reply, affine, boost, place)
      ), admin as (
        insert into operators (tenant_id, id, name, role) values ($1, $10, 'Ada Admin', 'ADMIN')
      ), person as (
        insert into operators (tenant_id, id, name, role, max_load, availability)
        select $1, p.id, 'Somebody', p.role, p."maxLoad", case when p.available then 'AVAILABLE' else 'OFFLINE' end
        from jsonb_to_recordset($11) as p (id uuid, role text, "maxLoad" integer, available boolean)
      )
      insert into subscriptions (tenant_id, operator_id, inbox_id)
      select $1, p.id, ($9::uuid[])[i + 1]
      from jsonb_to_recordset($11) as p (id uuid, inboxes integer[]) cross join unnest(p.inboxes) i`,
      [
        real.id,
        weights.alpha,
        weights.beta,
        weights.maxMessageCount,
        weights.maxDelayMinutes,
        weights.delayBasis,
        plan.gracePeriodSeconds,
        plan.autoSubscribe,
        real.inboxes,
        real.admin,
        JSON.stringify(people),
        plan.distributions,
        weights.countBasis,
        plan.maxParked,
        plan.onReplyOverdue,
        plan.acceptWithin,
        plan.replyWithin,
        plan.affinities,
        plan.boosts,
        boosts.length === 0 ? null : Object.fromEntries(boosts),
      ],
    );
    return real;
  }

  /** Creates the waiting conversations of the plan, and a model with them. */
  async begin(plan: Plan): Promise<Model> {
    const written = plan.waiting.flatMap(({ inbox, minutesAgo, messages }, i) =>
      Array.from({ length: messages }, () => ({
        thread: `thread-${i}`,
        inbox,
        messageId: null,
        at: this.minutesAgo(minutesAgo),
      })),
    );
    const messages = written.map(({ thread, inbox, at }) => ({
      externalConversationId: thread,
      inboxId: this.inboxes[inbox],
      customerPhoneNumber: '+4915112345678',
      occurredAt: at.toISOString(),
    }));
    const headers = { 'x-tenant-id': this.id, 'x-service': 'orchestrator' };
    const url = '/api/v1/orchestrator/messages/batch';
    const response = await this.app.nest.inject({ method: 'POST', url, headers, payload: { messages } });
    const { results } = response.json<{ results: { conversationId: string }[] }>();
    const model = new Model(plan);
    written.forEach((message, i) => model.message(message, results[i]!.conversationId));
    settle(model);
    return model;
  }

  /** A time before the start of the sequence. */
  minutesAgo(minutes: number): Date {
    return new Date(this.startedAt - minutes * 60_000);
  }

  async call(
    caller: Caller | 'admin',
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<ServiceResponse> {
    const headers: Record<string, string> = { 'x-tenant-id': this.id };
    if (caller === 'orchestrator') headers['x-service'] = 'orchestrator';
    else headers['x-operator-id'] = caller === 'admin' ? this.admin : this.people[caller]!;
    const request = {
      method,
      url: `/api/v1${path}`,
      headers,
      ...(body === undefined ? {} : { payload: body }),
    };
    const response = await this.app.nest.inject(request);
    const parsed = (response.body === '' ? {} : response.json<unknown>()) as Partial<ServiceResponse>;
    return {
      status: response.statusCode,
      code: parsed.code ?? null,
      conversation: parsed.conversation ?? null,
    };
  }

  /** Makes the deadlines of the conversations due. */
  async pass(conversations: readonly string[], kind: DeadlineKind = 'GRACE'): Promise<void> {
    await this.app.database.rows(
      `update deadlines set expires_at = now() - interval '1 second'
      where tenant_id = $1 and conversation_id = any ($2) and kind = $3`,
      [this.id, conversations, kind],
    );
  }

  async runExpiry(): Promise<void> {
    await this.app.run(DeadlineExpiry);
  }

  /** @throws when the response differs from the expected one */
  expectResponse(response: ServiceResponse, expected: Expected, status = 200): void {
    const refusal = typeof expected === 'string';
    const wanted = refusal
      ? { status: PROBLEMS[expected][0] as number, code: expected, conversation: null }
      : { status, code: null, conversation: expected === null ? null : this.shown(expected) };
    const { conversation } = response;
    const got = {
      status: response.status,
      code: response.code,
      conversation:
        conversation === null
          ? null
          : {
              id: conversation.id,
              inboxId: conversation.inboxId,
              state: conversation.state,
              assignedOperatorId: conversation.assignedOperatorId,
              messageCount: conversation.messageCount,
              waitingMessageCount: conversation.waitingMessageCount,
              version: conversation.version,
              isParked: conversation.isParked,
              outcome: conversation.outcome,
            },
    };
    expect(got).toEqual(wanted);
  }

  /** @throws when the database differs from the model */
  async expectState(model: Model): Promise<void> {
    const [row] = await this.app.database.rows<{ state: unknown }>(
      `select jsonb_build_object(
        'conversations', (select coalesce(jsonb_object_agg(c.id, jsonb_build_object(
            'inboxId', c.inbox_id, 'state', c.state, 'assignedOperatorId', c.assigned_operator_id,
            'messageCount', c.message_count, 'waitingMessageCount',
            case when c.state = 'RESOLVED' then 0 else c.waiting_message_count end, 'version', c.version, 'event', e.type,
            'isParked', c.is_parked, 'outcome', c.outcome, 'isAwaitingReply', c.awaiting_reply_since is not null, 'boostMinutes', c.boost_minutes,
            'deadlines', (select coalesce(jsonb_agg(d.kind order by d.kind), '[]') from deadlines d
              where d.tenant_id = c.tenant_id and d.conversation_id = c.id and d.kind <> 'GRACE'
                and d.operator_id = c.assigned_operator_id),
            'declines', (select coalesce(jsonb_object_agg(d.operator_id, d.is_strict), '{}') from declines d
              where d.tenant_id = c.tenant_id and d.conversation_id = c.id),
            'graceOf', g.operator_id, 'graceSeconds', extract(epoch from g.expires_at - g.started_at),
            'lastMessageAt', extract(epoch from c.last_message_at) * 1000,
            'waitingSince', extract(epoch from c.waiting_since) * 1000)), '{}')
          from conversations c
          left join conversation_events e
            on e.tenant_id = c.tenant_id and e.conversation_id = c.id and e.version = c.version
          left join deadlines g on g.tenant_id = c.tenant_id and g.conversation_id = c.id and g.kind = 'GRACE'
          where c.tenant_id = $1),
        'people', (select jsonb_object_agg(o.id, jsonb_build_object('isActive', o.is_active,
            'availability', o.availability, 'changes', (
              select count(*) from conversation_events e
              where e.tenant_id = o.tenant_id and e.conversation_id is null and e.to_operator_id = o.id), 'inboxIds', (
              select coalesce(jsonb_agg(s.inbox_id order by s.inbox_id), '[]') from subscriptions s
              where s.tenant_id = o.tenant_id and s.operator_id = o.id)))
          from operators o where o.tenant_id = $1 and o.id <> $2)) as state`,
      [this.id, this.admin],
    );
    expect(row?.state).toEqual({
      conversations: Object.fromEntries(
        model.conversations.map((conversation) => {
          const { id, ...shown } = this.shown(conversation);
          const { event, grace, isAwaitingReply, ownBoost: boostMinutes } = conversation;
          const deadlines = [...conversation.deadlines].sort();
          const declines = Object.fromEntries(
            [...conversation.declines].map(([who, isStrict]) => [this.people[who], isStrict]),
          );
          const desk = { isAwaitingReply, boostMinutes, deadlines, declines };
          const graceOf = grace === null ? null : shown.assignedOperatorId;
          // Includes due ones, because the step's expiry has ended those it made due.
          const graceSeconds = grace === null ? null : model.plan.gracePeriodSeconds;
          const lastMessageAt = Number(conversation.lastMessageAt / 1_000n);
          const waitingSince = Number(conversation.waitingSince / 1_000n);
          return [id, { ...shown, ...desk, event, graceOf, graceSeconds, lastMessageAt, waitingSince }];
        }),
      ),
      people: Object.fromEntries(
        model.people.map(({ isActive, availability, changes, inboxes }, i) => [
          this.people[i],
          {
            isActive,
            availability,
            changes,
            inboxIds: [...inboxes].map((inbox) => this.inboxes[inbox]).sort(),
          },
        ]),
      ),
    });
  }

  /** @throws when an invariant is broken */
  async expectSound(): Promise<void> {
    const found: Finding[] = [];
    const report = { finding: (finding: Finding) => void found.push(finding) };
    await verifyTenant(this.app.database.owner, this.id, report);
    const wrong = found.filter(
      ({ severity, check }) => severity === 'breach' || check === 'waiting-beside-somebody-eligible',
    );
    expect(wrong).toEqual([]);
  }

  private shown({
    id,
    inbox,
    state,
    holder,
    version,
    isParked,
    outcome,
    ...counts
  }: Exclude<Expected, string | null>) {
    return {
      id,
      inboxId: this.inboxes[inbox],
      state,
      assignedOperatorId: holder === null ? null : this.people[holder],
      messageCount: counts.messageCount,
      waitingMessageCount: state === 'RESOLVED' ? 0 : counts.waitingMessageCount,
      version,
      isParked,
      outcome,
    };
  }
}

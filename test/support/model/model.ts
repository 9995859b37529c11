import type { State } from '../../../src/ledger/state-machine.js';
import type { ProblemCode } from '../../../src/http/problem.js';
import type { EventType } from '../../../src/ledger/event.js';
import type { Outcome } from '../../../src/ledger/outcome.js';
import type { Availability } from '../../../src/operators/operator.js';
import { ranked } from '../priority-model.js';
import { customerWrote, giveToKnownOperator, isDeclinedBy, startDeadlines } from './desk.js';
import type { ModelConversation, ModelPerson } from './rows.js';
import { INBOXES, type Plan } from './plans.js';

const BY_THE_SERVICE: readonly EventType[] = [
  'conversation.grace_expired',
  'conversation.released',
  'conversation.not_accepted',
  'conversation.unanswered',
];

/** An expected response: the code of a refusal, or the conversation. */
export type Expected = ProblemCode | ModelConversation | null;

export interface ModelMessage {
  thread: string;
  inbox: number;
  messageId: string | null;
  at: Date;
}

/** A caller: a person or the orchestrator. */
export type Caller = number | 'orchestrator';

/** The rules of the product in the simplest code. Each method returns the expected response of the service. */
export class Model {
  readonly people: ModelPerson[];
  readonly threads = new Map<string, ModelConversation>();
  private readonly seen = new Set<string>();
  /** By inbox and person: the number of their last distribution. */
  readonly turns = new Map<string, number>();

  constructor(readonly plan: Plan) {
    this.people = plan.people.map(({ role, maxLoad, available, inboxes }) => ({
      role,
      maxLoad,
      isActive: true,
      availability: available ? ('AVAILABLE' as const) : ('OFFLINE' as const),
      changes: 0,
      inboxes: new Set(inboxes),
      misses: 0,
    }));
  }

  get conversations(): ModelConversation[] {
    return [...this.threads.values()];
  }

  known(thread: string, inbox: number): ModelConversation | undefined {
    return this.threads.get(`${inbox} ${thread}`);
  }

  /** @param id the service's id of the conversation, if the message creates it */
  message({ thread, inbox, messageId, ...message }: ModelMessage, id: string): ModelConversation {
    const at = BigInt(message.at.getTime()) * 1_000n;
    const known = this.known(thread, inbox);
    if (messageId !== null) {
      const key = `${inbox} ${thread} ${messageId}`;
      if (known !== undefined && this.seen.has(key)) return known;
      this.seen.add(key);
    }
    if (known === undefined) {
      const begun: ModelConversation = {
        id,
        thread,
        origin: inbox,
        inbox,
        state: 'QUEUED',
        holder: null,
        version: 1,
        event: 'conversation.created',
        grace: null,
        closedAt: null,
        lastHolder: null,
        lostBy: new Set(),
        declines: new Map(),
        deadlines: new Set(),
        isParked: false,
        outcome: null,
        until: false,
        isAwaitingReply: true,
        repliedAt: null,
        isOverdue: false,
        ownBoost: 0,
        messageCount: 1,
        waitingMessageCount: 1,
        lastMessageAt: at,
        waitingSince: at,
        boostMinutes: 0,
      };
      this.threads.set(`${inbox} ${thread}`, begun);
      return begun;
    }
    known.messageCount++;
    if (at > known.lastMessageAt) known.lastMessageAt = at;
    const isLate = known.closedAt !== null && message.at < known.closedAt;
    if (!isLate && known.state === 'RESOLVED') {
      known.waitingSince = at;
      known.waitingMessageCount = 1;
      this.become(known, 'conversation.reopened', 'QUEUED', null);
      giveToKnownOperator(this, known);
    } else if (!isLate) {
      known.waitingMessageCount++;
      if (at < known.waitingSince) known.waitingSince = at;
    }
    customerWrote(this, known, isLate || (known.repliedAt !== null && message.at < known.repliedAt));
    return known;
  }

  allocate(person: number): Expected {
    const refusal = this.refusesToTake(person);
    if (refusal !== null) return refusal;
    const [best] = this.line(person);
    if (best !== undefined) this.take(person, best, 'conversation.allocated');
    return best ?? null;
  }

  claim(person: number, conversation: ModelConversation | undefined): Expected {
    if (conversation === undefined) return this.person(person).isActive ? 'NOT_FOUND' : 'OPERATOR_INACTIVE';
    const refusal = this.refusesToClaim(person, conversation);
    if (refusal !== null) return refusal;
    this.take(person, conversation, 'conversation.claimed');
    return conversation;
  }

  refusesToClaim(person: number, conversation: ModelConversation): ProblemCode | null {
    if (!this.person(person).isActive) return 'OPERATOR_INACTIVE';
    if (!this.sees(person, conversation)) return 'NOT_FOUND';
    if (!this.mayTakeFrom(person, conversation.inbox)) return 'NOT_SUBSCRIBED';
    if (conversation.state !== 'QUEUED') return 'CONVERSATION_NOT_QUEUED';
    return this.refusesToTake(person);
  }

  resolve(
    caller: Caller,
    conversation: ModelConversation | undefined,
    outcome: Outcome = 'HANDLED',
  ): Expected {
    if (caller !== 'orchestrator' && !this.person(caller).isActive) return 'OPERATOR_INACTIVE';
    if (conversation === undefined || !this.sees(caller, conversation)) return 'NOT_FOUND';
    if (conversation.state === 'RESOLVED') return 'CONVERSATION_ALREADY_RESOLVED';
    if (caller !== 'orchestrator' && this.person(caller).role === 'OPERATOR') {
      if (conversation.state === 'QUEUED') return 'CONVERSATION_NOT_ALLOCATED';
      if (conversation.holder !== caller) return 'FORBIDDEN';
    }
    if (conversation.holder === caller && conversation.deadlines.has('ACCEPT'))
      this.person(caller).misses = 0;
    // The service uses the database's clock, in microseconds.
    conversation.closedAt = new Date(Date.now() + 1);
    this.become(conversation, 'conversation.resolved', 'RESOLVED', null);
    conversation.outcome = outcome;
    return conversation;
  }

  setStatus(caller: number, target: number, status: Availability): ProblemCode | null {
    if (!this.person(caller).isActive) return 'OPERATOR_INACTIVE';
    if (this.person(caller).role === 'OPERATOR' && caller !== target) return 'FORBIDDEN';
    const person = this.person(target);
    if (!person.isActive) return 'NOT_FOUND';
    if (person.availability === status) return null;
    person.availability = status;
    person.changes++;
    for (const held of this.heldBy(target)) {
      if (status !== 'OFFLINE') held.grace = null;
      else if (this.plan.gracePeriodSeconds === 0) this.requeue(held);
      else held.grace = 'running';
    }
    return null;
  }

  setActive(target: number, isActive: boolean): void {
    const person = this.person(target);
    person.isActive = isActive;
    if (isActive) return;
    if (person.availability !== 'OFFLINE') person.changes++;
    person.availability = 'OFFLINE';
    for (const held of this.heldBy(target)) this.become(held, 'conversation.released', 'QUEUED', null);
  }

  subscribe(target: number, inbox: number): ProblemCode | null {
    const { inboxes } = this.person(target);
    if (inboxes.has(inbox)) return 'ALREADY_EXISTS';
    inboxes.add(inbox);
    return null;
  }

  unsubscribe(target: number, inbox: number): ProblemCode | null {
    this.turns.delete(`${inbox} ${target}`);
    return this.person(target).inboxes.delete(inbox) ? null : 'NOT_FOUND';
  }

  /** Runs the expiry. */
  expire(): void {
    for (const conversation of this.conversations) {
      if (conversation.grace === 'due') this.requeue(conversation);
    }
  }

  /** The waiting conversations of the person, best first. */
  line(person: number): ModelConversation[] {
    return this.waitingIn(INBOXES.filter((inbox) => this.mayTakeFrom(person, inbox))).filter(
      (conversation) => !isDeclinedBy(this, conversation, person),
    );
  }

  /** The waiting conversations of the inboxes, best first. */
  waitingIn(inboxes: readonly number[]): ModelConversation[] {
    const waiting = this.conversations.filter(
      ({ state, inbox }) => state === 'QUEUED' && inboxes.includes(inbox),
    );
    for (const row of waiting) row.boostMinutes = row.ownBoost + this.plan.boosts[row.inbox]!;
    return ranked(waiting, this.plan.weights, BigInt(Date.now()) * 1_000n);
  }

  /** Why the person can get no conversation now. */
  refusesToTake(person: number): ProblemCode | null {
    const { isActive, availability } = this.person(person);
    if (!isActive) return 'OPERATOR_INACTIVE';
    if (availability !== 'AVAILABLE') return `OPERATOR_${availability}`;
    return this.isFull(person) ? 'OPERATOR_AT_CAPACITY' : null;
  }

  take(person: number, conversation: ModelConversation, event: EventType): void {
    this.become(conversation, event, 'ALLOCATED', person);
    if (this.plan.autoSubscribe) this.person(person).inboxes.add(conversation.inbox);
  }

  mayTakeFrom(person: number, inbox: number): boolean {
    return this.plan.autoSubscribe || this.person(person).inboxes.has(inbox);
  }

  heldBy(person: number): ModelConversation[] {
    return this.conversations.filter(({ holder }) => holder === person);
  }

  person(number: number): ModelPerson {
    const person = this.people[number];
    if (person === undefined) throw new Error(`there is no person ${number}`);
    return person;
  }

  graceFromNow(): 'running' | 'due' {
    return this.plan.gracePeriodSeconds === 0 ? 'due' : 'running';
  }

  loadOf(person: number): number {
    return this.heldBy(person).filter(({ isParked }) => !isParked).length;
  }

  isFull(person: number): boolean {
    const { maxLoad } = this.person(person);
    return maxLoad !== null && this.loadOf(person) >= maxLoad;
  }

  sees(caller: Caller, { holder, inbox }: ModelConversation): boolean {
    if (caller === 'orchestrator' || this.person(caller).role !== 'OPERATOR') return true;
    return holder === caller || this.mayTakeFrom(caller, inbox);
  }

  private requeue(conversation: ModelConversation): void {
    this.become(conversation, 'conversation.grace_expired', 'QUEUED', null);
  }

  /** Carries out a transition: adds a version and a ledger entry, and ends the grace period of another holder. */
  become(conversation: ModelConversation, event: EventType, state: State, holder: number | null): void {
    const before = conversation.holder;
    Object.assign(conversation, { event, state, holder, version: conversation.version + 1 });
    if (state === 'RESOLVED') Object.assign(conversation, { isAwaitingReply: false, isOverdue: false });
    else conversation.outcome = null;
    if (before !== null) conversation.lastHolder = before;
    if (before === holder) return;
    if (before !== null && BY_THE_SERVICE.includes(event)) conversation.lostBy.add(before);
    Object.assign(conversation, { grace: null, isParked: false, until: false });
    conversation.deadlines.clear();
    if (holder !== null) startDeadlines(this, conversation, event === 'conversation.distributed');
  }
}

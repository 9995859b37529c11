import type { State } from '../../../src/ledger/state-machine.js';
import type { ProblemCode } from '../../../src/http/problem.js';
import type { EventType } from '../../../src/ledger/event.js';
import { ranked } from '../priority-model.js';
import type { ModelConversation, ModelPerson } from './rows.js';
import { INBOXES, type Plan } from './plans.js';

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
      isAvailable: available,
      changes: 0,
      inboxes: new Set(inboxes),
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
    if (known.closedAt !== null && message.at < known.closedAt) return known;
    if (known.state === 'RESOLVED') {
      known.waitingSince = at;
      known.waitingMessageCount = 1;
      this.become(known, 'conversation.reopened', 'QUEUED', null);
    } else {
      known.waitingMessageCount++;
      if (at < known.waitingSince) known.waitingSince = at;
    }
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

  resolve(caller: Caller, conversation: ModelConversation | undefined): Expected {
    if (caller !== 'orchestrator' && !this.person(caller).isActive) return 'OPERATOR_INACTIVE';
    if (conversation === undefined || !this.sees(caller, conversation)) return 'NOT_FOUND';
    if (conversation.state === 'RESOLVED') return 'CONVERSATION_ALREADY_RESOLVED';
    if (caller !== 'orchestrator' && this.person(caller).role === 'OPERATOR') {
      if (conversation.state === 'QUEUED') return 'CONVERSATION_NOT_ALLOCATED';
      if (conversation.holder !== caller) return 'FORBIDDEN';
    }
    // The service uses the database's clock, in microseconds.
    conversation.closedAt = new Date(Date.now() + 1);
    this.become(conversation, 'conversation.resolved', 'RESOLVED', null);
    return conversation;
  }

  deallocate(caller: number, conversation: ModelConversation | undefined): Expected {
    const refusal = this.refusesToSupervise(caller);
    if (refusal !== null) return refusal;
    if (conversation === undefined) return 'NOT_FOUND';
    if (conversation.state !== 'ALLOCATED') return 'CONVERSATION_NOT_ALLOCATED';
    this.become(conversation, 'conversation.deallocated', 'QUEUED', null);
    return conversation;
  }

  reassign(
    caller: number,
    conversation: ModelConversation | undefined,
    target: number,
    override: boolean,
  ): Expected {
    const refusal = this.refusesToSupervise(caller);
    if (refusal !== null) return refusal;
    if (conversation === undefined) return 'NOT_FOUND';
    if (!this.person(target).isActive) return 'NOT_FOUND';
    if (conversation.holder === target) return conversation;
    if (!override && this.isFull(target)) return 'OPERATOR_AT_CAPACITY';
    this.become(conversation, 'conversation.reassigned', 'ALLOCATED', target);
    if (!this.person(target).isAvailable) conversation.grace = this.graceFromNow();
    return conversation;
  }

  move(caller: number, conversation: ModelConversation | undefined, inbox: number): Expected {
    const refusal = this.refusesToSupervise(caller);
    if (refusal !== null) return refusal;
    if (conversation === undefined) return 'NOT_FOUND';
    if (conversation.inbox === inbox) return conversation;
    conversation.inbox = inbox;
    const { state, holder } = conversation;
    const leaves = holder !== null && !this.mayTakeFrom(holder, inbox);
    this.become(conversation, 'conversation.moved', leaves ? 'QUEUED' : state, leaves ? null : holder);
    return conversation;
  }

  setStatus(caller: number, target: number, available: boolean): ProblemCode | null {
    if (!this.person(caller).isActive) return 'OPERATOR_INACTIVE';
    if (this.person(caller).role === 'OPERATOR' && caller !== target) return 'FORBIDDEN';
    const person = this.person(target);
    if (!person.isActive) return 'NOT_FOUND';
    if (person.isAvailable === available) return null;
    person.isAvailable = available;
    person.changes++;
    for (const held of this.heldBy(target)) {
      if (available) held.grace = null;
      else if (this.plan.gracePeriodSeconds === 0) this.requeue(held);
      else held.grace = 'running';
    }
    return null;
  }

  setActive(target: number, isActive: boolean): void {
    const person = this.person(target);
    person.isActive = isActive;
    if (isActive) return;
    if (person.isAvailable) person.changes++;
    person.isAvailable = false;
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
    return this.waitingIn(INBOXES.filter((inbox) => this.mayTakeFrom(person, inbox)));
  }

  /** The waiting conversations of the inboxes, best first. */
  waitingIn(inboxes: readonly number[]): ModelConversation[] {
    const waiting = this.conversations.filter(
      ({ state, inbox }) => state === 'QUEUED' && inboxes.includes(inbox),
    );
    return ranked(waiting, this.plan.weights, BigInt(Date.now()) * 1_000n);
  }

  /** Why the person can get no conversation now. */
  refusesToTake(person: number): ProblemCode | null {
    const { isActive, isAvailable } = this.person(person);
    if (!isActive) return 'OPERATOR_INACTIVE';
    if (!isAvailable) return 'OPERATOR_OFFLINE';
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

  private isFull(person: number): boolean {
    const { maxLoad } = this.person(person);
    return maxLoad !== null && this.heldBy(person).length >= maxLoad;
  }

  private sees(caller: Caller, { holder, inbox }: ModelConversation): boolean {
    if (caller === 'orchestrator' || this.person(caller).role !== 'OPERATOR') return true;
    return holder === caller || this.mayTakeFrom(caller, inbox);
  }

  private refusesToSupervise(caller: number): ProblemCode | null {
    const { isActive, role } = this.person(caller);
    if (!isActive) return 'OPERATOR_INACTIVE';
    return role === 'OPERATOR' ? 'FORBIDDEN' : null;
  }

  private requeue(conversation: ModelConversation): void {
    this.become(conversation, 'conversation.grace_expired', 'QUEUED', null);
  }

  /** Carries out a transition: adds a version and a ledger entry, and ends the grace period of another holder. */
  become(conversation: ModelConversation, event: EventType, state: State, holder: number | null): void {
    if (conversation.holder !== holder) conversation.grace = null;
    Object.assign(conversation, { event, state, holder, version: conversation.version + 1 });
  }
}

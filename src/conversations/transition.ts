import { rightOf, type TenantPrincipal } from '../access/principal.js';
import type { Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql, type Statement } from '../database/statement.js';
import { NotFound, Problem } from '../http/problem.js';
import { actorOf } from '../ledger/actor.js';
import { recordInFeed } from '../ledger/record-in-feed.js';
import type { ConversationRow } from './conversation.js';
import { reloadConversation } from './read-conversation.js';
import {
  allowedFrom,
  refusalIn,
  TRANSITIONS,
  type Mover,
  type State,
  type TransitionName,
} from '../ledger/state-machine.js';

/**
 * A transition of one conversation: one statement that locks the row, checks state, version and the guard, changes it
 * and writes the ledger. It always answers the row as it was when it was locked, so a refusal tells what it met.
 *
 * Parameters: $1 tenant, $2 conversation, $3 id of the ledger entry, $4 actor type, $5 actor id, $6 reason,
 * $7 states it may start from, $8 expected version or null; from $9 on those of `assignments` and `guard`.
 *
 * @param assignments what the update sets besides version and times; `b` is the row. They give every column that a
 *   check constraint ties to the state: where somebody else has just changed the row, PostgreSQL checks what the update
 *   makes of the row as the statement first saw it, before it notices and makes it anew of the row as it is
 * @param guard a further condition on `b`, the row before
 */
export function transitionStatement(name: TransitionName, assignments: string, guard = 'true'): Statement {
  const { event } = TRANSITIONS[name];
  return sql`
    with before as materialized (
      select b.* from conversations b where b.tenant_id = $1 and b.id = $2 for no key update
    ), after as (
      update conversations c
      set ${assignments}, version = c.version + 1, last_event_id = $3, updated_at = now()
      from before b
      where c.tenant_id = $1 and c.id = $2 and c.id = b.id and b.state = any ($7::text[]) and ($8::integer is null or b.version = $8)
        and (${guard})
      returning c.*
    ), entry as (
      insert into conversation_events (tenant_id, id, type, conversation_id, inbox_id, external_conversation_id, version,
        actor_type, actor_id, reason, from_state, from_operator_id, from_inbox_id, to_state, to_operator_id, to_inbox_id)
      select $1, $3, '${event}', a.id, a.inbox_id, a.external_conversation_id, a.version, $4, $5, $6,
        b.state, b.assigned_operator_id, b.inbox_id, a.state, a.assigned_operator_id, a.inbox_id
      from after a join before b on b.id = a.id
      returning id
    ), ${recordInFeed('$1', 'entry')}
    select b.state, b.assigned_operator_id, b.version, exists (select 1 from after) as done from before b`;
}

/**
 * The grace period is the holder's: it ends when they no longer hold the conversation. A statement of its own, since one
 * that began while the row was waited for is not visible to the statement that waited. $1 tenant, $2 conversation
 */
const END_GRACE_PERIOD = sql`delete from grace_periods where tenant_id = $1 and conversation_id = $2`;

interface BeforeRow {
  state: State;
  assigned_operator_id: string | null;
  version: number;
  done: boolean;
}

interface TransitionRequest {
  name: TransitionName;
  statement: Statement;
  conversationId: string;
  /** null: any version */
  expectedVersion: number | null;
  /** For the ledger, in words a supervisor understands. */
  reason: string;
  /** From $9 on. */
  values?: readonly unknown[];
}

/** What a transition made of a conversation, and who held it before. */
export interface Transitioned {
  readonly conversation: ConversationRow;
  readonly previousOperatorId: string | null;
}

/**
 * Carries out a transition for a caller.
 * @returns what it made, or undefined when only the statement's own guard refused
 * @throws NOT_FOUND, VERSION_MISMATCH, or the code that names the state it is in
 */
export async function transition(
  tx: Transaction,
  caller: TenantPrincipal,
  request: TransitionRequest,
): Promise<Transitioned | undefined> {
  const { name, conversationId, expectedVersion } = request;
  const mover = rightOf(caller) as Mover;
  const actor = actorOf(caller);
  const [before] = await rowsOf<BeforeRow>(tx, request.statement, [
    caller.tenantId,
    conversationId,
    newId(),
    actor.type,
    actor.id,
    request.reason,
    allowedFrom(name, mover),
    expectedVersion,
    ...(request.values ?? []),
  ]);
  if (before === undefined) throw new NotFound('conversation', conversationId);
  if (before.done) {
    const conversation = await reloadConversation(tx, caller.tenantId, conversationId);
    const previousOperatorId = before.assigned_operator_id;
    if (previousOperatorId !== null && previousOperatorId !== conversation.assigned_operator_id)
      await rowsOf(tx, END_GRACE_PERIOD, [caller.tenantId, conversationId]);
    return { conversation, previousOperatorId };
  }
  if (expectedVersion !== null && before.version !== expectedVersion) {
    throw new Problem(
      'VERSION_MISMATCH',
      `The conversation has version ${before.version} by now. Read it again before you decide.`,
      { version: before.version },
    );
  }
  if (!allowedFrom(name, mover).includes(before.state)) {
    throw wrongState(name, mover, conversationId, before.state, before.assigned_operator_id);
  }
  return undefined;
}

/** 409: the conversation is in a state that does not allow the transition. Says which, and who has it. */
export function wrongState(
  name: TransitionName,
  mover: Mover,
  id: string,
  state: State,
  assignedOperatorId: string | null,
): Problem {
  const holder = assignedOperatorId === null ? '' : ` with operator ${assignedOperatorId}`;
  return new Problem(refusalIn(name, mover, state), `Conversation ${id} is ${state}${holder}.`, {
    state,
    assignedOperatorId,
  });
}

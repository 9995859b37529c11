import { Injectable } from '@nestjs/common';
import type { ServicePrincipal, TenantPrincipal } from '../access/principal.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { Database, type Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { NotFound, Problem, PROBLEMS, ValidationFailed } from '../http/problem.js';
import {
  OUTLOOK_FACTS,
  outlookOf,
  type ComputedOutlook,
  type FactsRow,
  type NotQueued,
  type Outlook,
  type Queued,
} from './outlook.js';
import { readItem, type FailedOutlook, type NamedThread, type OutlookOfItem } from './outlook-request.js';

/** $1 tenant, $2 items. The functions of the same names do the work. */
const FIND_THREADS = sql`select index, refusal, conversation_id from find_threads($1, $2)`;
const KEEP_OUTLOOKS = sql`select keep_outlooks($1, $2)`;

interface ThreadRow {
  index: number;
  refusal: 'NO_INBOX' | 'INBOX_NOT_FOUND' | 'INBOX_INACTIVE' | 'THREAD_NOT_FOUND' | null;
  conversation_id: string | null;
}

/** Tells customers their place in the queue and how long they will probably wait, and keeps what it told. */
@Injectable()
export class OutlookService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
  ) {}

  /** @throws NOT_FOUND, CONVERSATION_NOT_QUEUED */
  one(caller: TenantPrincipal, id: string): Promise<Outlook> {
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async (tx) => {
      await this.conversations.getVisible(caller, id);
      const found = (await outlooksOf(tx, tenantId, [id])).get(id);
      if (found === undefined) throw new NotFound('conversation', id);
      if (found instanceof Problem) throw found;
      return found;
    });
  }

  /** Invalid items get an error, and do not affect the others. */
  async batch(
    { tenantId }: ServicePrincipal,
    values: readonly unknown[],
  ): Promise<(OutlookOfItem | FailedOutlook)[]> {
    const items = values.map(itemOrProblem);
    const named = items.flatMap((item, index) => (item instanceof Problem ? [] : [{ ...item, index }]));
    return this.database.inTenant(tenantId, async (tx) => {
      const threads = await rowsOf<ThreadRow>(tx, FIND_THREADS, [tenantId, JSON.stringify(named)]);
      const threadOf = new Map(threads.map((thread) => [thread.index, thread]));
      const ids = threads.flatMap(({ conversation_id: id }) => (id === null ? [] : [id]));
      const outlooks = await outlooksOf(tx, tenantId, [...new Set(ids)]);
      return items.map((item, index) => {
        if (item instanceof Problem) return failed(index, item);
        const { conversation_id: id = null, refusal = null } = threadOf.get(index) ?? {};
        if (id === null) return failed(index, refused(refusal, item));
        const found = outlooks.get(id) ?? new NotFound('conversation', id);
        if (found instanceof Problem) return { ...failed(index, found), conversationId: id };
        return { index, status: 200, conversationId: id, ...found };
      });
    });
  }
}

/** Computes outlooks and keeps them. */
async function outlooksOf(
  tx: Transaction,
  tenantId: string,
  ids: readonly string[],
): Promise<Map<string, Outlook | Problem>> {
  const outlooks = new Map<string, Outlook | Problem>();
  const kept: object[] = [];
  for (const facts of await rowsOf<FactsRow>(tx, OUTLOOK_FACTS, [tenantId, ids])) {
    if (facts.state !== 'QUEUED') {
      outlooks.set(facts.conversation_id, notQueued(facts));
      continue;
    }
    const computed = outlookOf(facts);
    outlooks.set(facts.conversation_id, computed.outlook);
    kept.push(keptItem(facts, computed));
  }
  if (kept.length > 0) await rowsOf(tx, KEEP_OUTLOOKS, [tenantId, JSON.stringify(kept)]);
  return outlooks;
}

function keptItem(facts: Queued, { expected, outlook }: ComputedOutlook): object {
  return {
    id: newId(),
    conversationId: facts.conversation_id,
    inboxId: facts.inbox_id,
    version: facts.version,
    askedAt: outlook.asOf,
    place: outlook.place,
    expectedSeconds: expected,
    lowSeconds: outlook.low,
    highSeconds: outlook.high,
  };
}

function notQueued({
  conversation_id: id,
  state,
  assigned_operator_id: assignedOperatorId,
}: NotQueued): Problem {
  const detail = `Conversation ${id} is ${state}, so it has no place in a queue.`;
  return new Problem('CONVERSATION_NOT_QUEUED', detail, { state, assignedOperatorId });
}

function itemOrProblem(value: unknown): NamedThread | Problem {
  try {
    return readItem(value);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function refused(refusal: ThreadRow['refusal'], { inboxId }: NamedThread): Problem {
  const named = inboxId === undefined ? 'this phone number' : `id ${inboxId}`;
  if (refusal === 'NO_INBOX') {
    const message =
      'set inboxId or inboxPhoneNumber: the tenant has no defaultInboxId, and not exactly one active inbox';
    return new ValidationFailed([{ field: 'inboxId', message }]);
  }
  if (refusal === 'INBOX_INACTIVE')
    return new Problem('INBOX_INACTIVE', `The inbox with ${named} is archived and redirects to no other.`);
  if (refusal === 'INBOX_NOT_FOUND') return new Problem('NOT_FOUND', `There is no inbox with ${named}.`);
  return new Problem('NOT_FOUND', 'There is no thread with this externalConversationId in the inbox.');
}

function failed(index: number, problem: Problem): FailedOutlook {
  return {
    index,
    status: PROBLEMS[problem.code][0],
    error: {
      code: problem.code,
      detail: problem.detail,
      ...(problem instanceof ValidationFailed ? { errors: problem.errors } : {}),
    },
  };
}

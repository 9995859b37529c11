import { Injectable } from '@nestjs/common';
import { seesWholeTenant, type TenantPrincipal } from '../access/principal.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import {
  EXPLAIN_OPERATORS,
  EXPLAIN_SCORE,
  type Explanation,
  type OperatorRow,
  type ScoreRow,
} from './explain.js';
import { storedRank } from './rank.js';

/** Explains why a conversation went to an operator, and why not to others. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
  ) {}

  explain(caller: TenantPrincipal, id: string): Promise<Explanation> {
    const onlySelf = caller.kind === 'operator' && !seesWholeTenant(caller) ? caller.operatorId : null;
    return this.database.inTenant(caller.tenantId, async (tx) => {
      const conversation = await this.conversations.getVisible(caller, id);
      const [score] = await rowsOf<ScoreRow>(tx, EXPLAIN_SCORE, [caller.tenantId, id]);
      if (score === undefined)
        throw new Error('the conversation was not found again in the same transaction');
      const rank = score.has_stored_rank ? await storedRank(tx, caller.tenantId, id) : score.rank;
      const operators = await rowsOf<OperatorRow>(tx, EXPLAIN_OPERATORS, [caller.tenantId, id, onlySelf]);
      const stillWaiting =
        conversation.state === 'QUEUED'
          ? whyItWaits(score, rank, conversation.waiting_since, operators)
          : null;
      return {
        conversationId: id,
        inboxId: conversation.inbox_id,
        distribution: score.distribution,
        inboxIsActive: score.inbox_is_active,
        state: conversation.state,
        assignedOperatorId: conversation.assigned_operator_id,
        rank,
        score: score.score,
        parts: partsOf(score),
        operators: operators.map((operator) => ({
          operatorId: operator.id,
          name: operator.name,
          eligible: operator.reasons.length === 0,
          reasons: operator.reasons,
          declinedUntil: operator.declined_until?.toISOString() ?? null,
          notTakenBecause: operator.reasons.length === 0 ? stillWaiting : null,
          status: operator.availability,
          statusSince: operator.last_status_change_at.toISOString(),
          load: operator.held,
          maxLoad: operator.max_load,
          heldOfInbox: operator.held_of_inbox,
          lastGivenAt: operator.last_given_at?.toISOString() ?? null,
        })),
      };
    });
  }
}

/** Why nobody has it although somebody is eligible. */
function whyItWaits(
  { distribution }: ScoreRow,
  rank: number | null,
  waitingSince: Date,
  operators: readonly OperatorRow[],
): string {
  const ahead = rank === null || rank === 1 ? '' : `; ${rank - 1} come first`;
  if (distribution !== 'PULL')
    return `${distribution}: the next distribution gives it to somebody eligible${ahead}`;
  const given = operators
    .filter(({ reasons }) => reasons.length === 0)
    .map(({ last_given_at }) => last_given_at?.getTime() ?? 0);
  const since = new Date(Math.max(waitingSince.getTime(), ...given));
  return `PULL: nobody asked since ${since.toISOString()}${ahead}`;
}

function partsOf(row: ScoreRow): Explanation['parts'] {
  if (row.score === null || row.from_messages === null || row.delay_minutes === null) return null;
  return {
    alpha: row.alpha,
    messageCount: row.messages,
    fromMessages: row.from_messages,
    beta: row.beta,
    delayMinutes: row.delay_minutes,
    // Not below 0 by rounding.
    fromDelay: Math.max(row.score - row.from_messages - row.from_boost, 0),
    boostMinutes: row.boost_minutes,
    inboxBoostMinutes: row.inbox_boost_minutes,
    fromBoost: row.from_boost,
  };
}

import { Injectable } from '@nestjs/common';
import { rightOf, type TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import { actorOf } from '../ledger/actor.js';
import { allowedFrom, type Mover } from '../ledger/state-machine.js';
import { SHARE_RANKING } from '../queue/share-ranking.js';
import type { BoostRequest } from './boost-request.js';
import { conversationResponse, type ConversationResponse } from './conversation.js';
import { TRANSITION_COLUMNS, transitionRefusal, type TransitionRow } from './transition.js';

/**
 * $1 tenant, $2 conversation, $3 version or null, $4 allowed states, $5 id of the ledger entry, $6 and $7 actor,
 * $8 minutes, $9 reason or null. The function boost_conversation does the work.
 */
const BOOST_CONVERSATION = sql`
  select ${TRANSITION_COLUMNS} from boost_conversation($1, $2, $3, $4, $5, $6, $7, $8, $9) t`;

@Injectable()
export class BoostsService {
  constructor(private readonly database: Database) {}

  boost(
    caller: TenantPrincipal,
    id: string,
    { minutes, reason }: BoostRequest,
    expectedVersion: number | null,
  ): Promise<ConversationResponse> {
    const { tenantId } = caller;
    const mover = rightOf(caller) as Mover;
    const actor = actorOf(caller);
    const from = allowedFrom('boost', mover);
    const values = [
      tenantId,
      id,
      expectedVersion,
      from,
      newId(),
      actor.type,
      actor.id,
      minutes,
      reason ?? null,
    ];
    return this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, SHARE_RANKING, [tenantId]);
      const [row] = await rowsOf<TransitionRow>(tx, BOOST_CONVERSATION, values);
      if (row === undefined) throw new Error('boost_conversation returned no row');
      if (row.refusal !== null) throw transitionRefusal('boost', mover, id, row);
      return conversationResponse(row);
    });
  }
}

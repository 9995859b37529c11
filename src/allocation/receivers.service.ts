import { Injectable } from '@nestjs/common';
import { seesWholeTenant, type OperatorPrincipal } from '../access/principal.js';
import { ConversationReader } from '../conversations/conversation-reader.js';
import { Database } from '../database/database.js';
import { rowsOf } from '../database/statement.js';
import { allowedFrom } from '../ledger/state-machine.js';
import { handOverRefusal } from './hand-over-refusal.js';
import { LIST_RECEIVERS, MAY_HAND_OVER, type ReceiverRow, type Receivers } from './list-receivers.js';

/** Tells holders to whom they can hand a conversation over, and nobody else. */
@Injectable()
export class ReceiversService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
  ) {}

  /** @throws the problems of a transfer that do not concern the receiver */
  list(holder: OperatorPrincipal, id: string): Promise<Receivers> {
    const { tenantId, operatorId, role } = holder;
    return this.database.inTenant(tenantId, async (tx) => {
      const { state, assigned_operator_id, inbox_id, version } = await this.conversations.getVisible(
        holder,
        id,
      );
      const [hand] = await rowsOf<{ may: boolean }>(tx, MAY_HAND_OVER, [tenantId, seesWholeTenant(holder)]);
      const refuse = (refusal: string) =>
        handOverRefusal('transfer', holder, id, {
          refusal,
          met_state: state,
          met_operator_id: assigned_operator_id,
          met_version: version,
        });
      if (hand?.may !== true) throw refuse('HAND_OVER_OFF');
      if (!allowedFrom('transfer', role).includes(state)) throw refuse('WRONG_STATE');
      if (assigned_operator_id !== operatorId) throw refuse('OTHER_HOLDER');
      const rows = await rowsOf<ReceiverRow>(tx, LIST_RECEIVERS, [tenantId, inbox_id, operatorId]);
      const operators = rows.map((row) => ({
        operatorId: row.id,
        name: row.name,
        status: row.availability,
        canReceive: row.can_receive,
      }));
      return { operators };
    });
  }
}

import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { conversationResponse, type ConversationResponse } from '../conversations/conversation.js';
import { transitionRefusal, type TransitionRow } from '../conversations/transition.js';
import { Database } from '../database/database.js';
import type { Statement } from '../database/statement.js';
import { Distributor } from '../distribution/distributor.js';
import { momentOf } from '../http/fields.js';
import { Problem, ValidationFailed } from '../http/problem.js';
import type { TransitionName } from '../ledger/state-machine.js';
import { ACCEPT, holderValues, PARK, parkValues, UNPARK, type ParkRow } from './hold.js';

/** What holders do with the conversations they hold. */
@Injectable()
export class HoldService {
  constructor(
    private readonly database: Database,
    private readonly distributor: Distributor,
  ) {}

  /** Accepting what is accepted, or was never to be accepted, changes nothing. */
  async accept(holder: OperatorPrincipal, id: string, version: number | null): Promise<ConversationResponse> {
    return conversationResponse(
      await this.act('accept', holder, id, ACCEPT, holderValues(holder, id, version)),
    );
  }

  /** Parking again changes the time. */
  async park(
    holder: OperatorPrincipal,
    id: string,
    until: string | null,
    version: number | null,
  ): Promise<ConversationResponse> {
    const moment = until === null ? null : momentOf('until', until);
    const row = await this.act<ParkRow>('park', holder, id, PARK, parkValues(holder, id, version, moment));
    if (row.frees === true) {
      await this.distributor.afterFreeing(holder.tenantId, { operatorId: holder.operatorId });
    }
    return conversationResponse(row);
  }

  /** Unparking what is not parked changes nothing. */
  async unpark(holder: OperatorPrincipal, id: string, version: number | null): Promise<ConversationResponse> {
    return conversationResponse(
      await this.act('unpark', holder, id, UNPARK, holderValues(holder, id, version)),
    );
  }

  private async act<Row extends TransitionRow = TransitionRow>(
    name: TransitionName,
    holder: OperatorPrincipal,
    id: string,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row & { refusal: null }> {
    const [row] = await this.database.call<Row>(holder.tenantId, statement, values);
    if (row === undefined) throw new Error(`the function of ${name} returned no row`);
    if (row.refusal !== null) throw refused(name, holder, id, row);
    return row as Row & { refusal: null };
  }
}

function refused(name: TransitionName, { role }: OperatorPrincipal, id: string, row: TransitionRow): Problem {
  switch (row.refusal) {
    case 'OTHER_HOLDER':
      return new Problem('FORBIDDEN', `You do not hold conversation ${id}.`, {}, 'another holder');
    case 'UNTIL_PASSED':
      return new ValidationFailed([{ field: 'until', message: 'until must be in the future' }]);
    case 'UNTIL_TOO_FAR':
      return new ValidationFailed([{ field: 'until', message: 'until must be at most a year ahead' }]);
    case 'OPERATOR_AT_PARK_LIMIT':
      return new Problem(
        'OPERATOR_AT_PARK_LIMIT',
        'You have parked as many conversations as maxParked of the tenant allows. Unpark or resolve one first.',
      );
    default:
      return transitionRefusal(name, role, id, row);
  }
}

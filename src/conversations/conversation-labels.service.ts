import { Injectable } from '@nestjs/common';
import { seesWholeTenant, type TenantPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf, type Statement } from '../database/statement.js';
import type { Page } from '../http/cursor.js';
import { NotFound, Problem } from '../http/problem.js';
import { Label, labelResponse, type LabelResponse } from '../labels/label.js';
import { ATTACH_LABEL, DETACH_LABEL, LOCK_CONVERSATION, LOCK_LABEL } from './attach-label.js';
import { readConversation } from './read-conversation.js';

@Injectable()
export class ConversationLabelsService {
  constructor(private readonly database: Database) {}

  /** All of them, by name: there are no more than the inbox has. */
  list(caller: TenantPrincipal, conversationId: string): Promise<Page<LabelResponse>> {
    return this.database.inTenant(caller.tenantId, async (tx) => {
      await readConversation(tx, caller, conversationId);
      const labels = await tx
        .createQueryBuilder(Label, 'l')
        .where({ tenantId: caller.tenantId })
        .andWhere(
          `exists (select 1 from conversation_labels a
            where a.tenant_id = l.tenant_id and a.label_id = l.id and a.conversation_id = :conversationId)`,
          { conversationId },
        )
        .orderBy('l.name')
        .addOrderBy('l.id')
        .getMany();
      return { data: labels.map(labelResponse), nextCursor: null, hasMore: false };
    });
  }

  attach(caller: TenantPrincipal, conversationId: string, labelId: string): Promise<void> {
    return this.change(ATTACH_LABEL, caller, conversationId, labelId);
  }

  detach(caller: TenantPrincipal, conversationId: string, labelId: string): Promise<void> {
    return this.change(DETACH_LABEL, caller, conversationId, labelId);
  }

  /**
   * Changes nothing when it is as wanted already. The locks come first: neither a move nor a change of the holder gets
   * between the checks and the change.
   * @throws NOT_FOUND, FORBIDDEN for an OPERATOR who does not hold it, LABEL_OF_OTHER_INBOX
   */
  private change(
    statement: Statement,
    caller: TenantPrincipal,
    conversationId: string,
    labelId: string,
  ): Promise<void> {
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, LOCK_CONVERSATION, [tenantId, conversationId]);
      const conversation = await readConversation(tx, caller, conversationId);
      if (
        caller.kind === 'operator' &&
        !seesWholeTenant(caller) &&
        conversation.assigned_operator_id !== caller.operatorId
      ) {
        throw new Problem(
          'FORBIDDEN',
          `Conversation ${conversationId} is not with you; you may label your own.`,
        );
      }
      const [label] = await rowsOf<{ inbox_id: string }>(tx, LOCK_LABEL, [tenantId, labelId]);
      if (label === undefined) throw new NotFound('label', labelId);
      if (label.inbox_id !== conversation.inbox_id) {
        throw new Problem(
          'LABEL_OF_OTHER_INBOX',
          `Label ${labelId} does not belong to the inbox of conversation ${conversationId}.`,
        );
      }
      await rowsOf(tx, statement, [tenantId, conversationId, labelId]);
    });
  }
}

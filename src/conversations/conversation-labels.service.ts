import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { restrictedTo, type TenantPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { newId } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import type { Page } from '../http/cursor.js';
import { NotFound, Problem } from '../http/problem.js';
import { Label, labelResponse, type LabelResponse } from '../labels/label.js';
import { actorOf } from '../ledger/actor.js';
import { TRANSITIONS } from '../ledger/state-machine.js';
import {
  ACCEPT_BY_LABELLING,
  ATTACH_LABEL,
  LOCK_CONVERSATION,
  LOCK_LABEL,
  RECORD_LABELLING,
} from './attach-label.js';
import { ConversationLabel } from './conversation-label.js';
import { ConversationReader } from './conversation-reader.js';
import { versionMismatch } from './transition.js';

/** How a label is attached or detached. */
interface Labelling {
  /** The version that the conversation must have; null for any. */
  readonly version: number | null;
  /** What the ledger says after the reason. */
  readonly note: string;
}
const JUST_SO: Labelling = { version: null, note: '' };

@Injectable()
export class ConversationLabelsService {
  constructor(
    private readonly database: Database,
    private readonly conversations: ConversationReader,
    @InjectRepository(Label) private readonly labels: Repository<Label>,
    @InjectRepository(ConversationLabel) private readonly attached: Repository<ConversationLabel>,
  ) {}

  /** All labels on one page, by name, because a conversation has no more labels than its inbox. */
  list(caller: TenantPrincipal, conversationId: string): Promise<Page<LabelResponse>> {
    return this.database.inTenant(caller.tenantId, async () => {
      await this.conversations.getVisible(caller, conversationId);
      const labels = await this.labels
        .createQueryBuilder('l')
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

  attach(
    caller: TenantPrincipal,
    conversationId: string,
    labelId: string,
    labelling: Labelling = JUST_SO,
  ): Promise<void> {
    const attachment = { tenantId: caller.tenantId, conversationId, labelId };
    return this.change(caller, attachment, 'label', labelling, async (tx) => {
      const attached = await rowsOf(tx, ATTACH_LABEL, [caller.tenantId, conversationId, labelId]);
      return attached.length > 0;
    });
  }

  detach(
    caller: TenantPrincipal,
    conversationId: string,
    labelId: string,
    labelling: Labelling = JUST_SO,
  ): Promise<void> {
    const attachment = { tenantId: caller.tenantId, conversationId, labelId };
    return this.change(caller, attachment, 'unlabel', labelling, async () => {
      const { affected } = await this.attached.delete(attachment);
      return affected === 1;
    });
  }

  /**
   * Does nothing and records nothing when the change was made before. The locks come first, so that neither a move nor a new holder gets
   * between the checks and the change.
   * @throws NOT_FOUND, VERSION_MISMATCH, FORBIDDEN for an OPERATOR who does not hold the conversation, LABEL_OF_OTHER_INBOX
   */
  private change(
    caller: TenantPrincipal,
    { conversationId, labelId }: { conversationId: string; labelId: string },
    name: 'label' | 'unlabel',
    { version, note }: Labelling,
    change: (tx: Transaction) => Promise<boolean>,
  ): Promise<void> {
    const { tenantId } = caller;
    return this.database.inTenant(tenantId, async (tx) => {
      await rowsOf(tx, LOCK_CONVERSATION, [tenantId, conversationId]);
      const conversation = await this.conversations.getVisible(caller, conversationId);
      if (version !== null && conversation.version !== version) {
        throw versionMismatch(conversation.version);
      }
      const only = restrictedTo(caller);
      if (only !== null && conversation.assigned_operator_id !== only) {
        throw new Problem(
          'FORBIDDEN',
          `You do not hold conversation ${conversationId}. You can label only your own conversations.`,
          {},
          'another holder',
        );
      }
      const [label] = await rowsOf<{ inbox_id: string; name: string }>(tx, LOCK_LABEL, [tenantId, labelId]);
      if (label === undefined) throw new NotFound('label', labelId);
      if (label.inbox_id !== conversation.inbox_id) {
        throw new Problem(
          'LABEL_OF_OTHER_INBOX',
          `Label ${labelId} does not belong to the inbox of conversation ${conversationId}.`,
        );
      }
      if (!(await change(tx))) return;
      const actor = actorOf(caller);
      await rowsOf(tx, RECORD_LABELLING, [
        tenantId,
        TRANSITIONS[name].event,
        conversationId,
        newId(),
        actor.type,
        actor.id,
        `${name === 'label' ? 'Labelled' : 'No longer labelled'}: ${label.name}${note}`,
      ]);
      if (conversation.accept_by !== null && conversation.assigned_operator_id === actor.id) {
        await rowsOf(tx, ACCEPT_BY_LABELLING, [tenantId, conversationId, newId(), actor.id]);
      }
    });
  }
}

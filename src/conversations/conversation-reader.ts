import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { restrictedTo, type TenantPrincipal } from '../access/principal.js';
import { NotFound } from '../http/problem.js';
import { inboxesToTakeFrom } from '../inboxes/takeable-inboxes.js';
import { ConversationRow } from './conversation.js';
import { scoreCandidates } from './score-candidates.js';

/** Reads one conversation for every room, in the transaction of the caller. */
@Injectable()
export class ConversationReader {
  constructor(
    @InjectRepository(ConversationRow) private readonly conversations: Repository<ConversationRow>,
  ) {}

  /** An OPERATOR sees what they hold and what lies in the inboxes they may take from. NOT_FOUND for everything else. */
  async getVisible(caller: TenantPrincipal, id: string): Promise<ConversationRow> {
    const { tenantId } = caller;
    const operatorId = restrictedTo(caller);
    const conversations = this.conversations.createQueryBuilder('d').where({ tenant_id: tenantId, id });
    if (operatorId !== null) {
      const takeable = inboxesToTakeFrom(':tenantId', ':operatorId');
      conversations.andWhere(`(d.assigned_operator_id = :operatorId or d.inbox_id = any (${takeable}))`, {
        tenantId,
        operatorId,
      });
    }
    const found = await conversations.getMany();
    const [conversation] = await scoreCandidates(this.conversations.manager, tenantId, found);
    if (conversation === undefined) throw new NotFound('conversation', id);
    return conversation;
  }
}

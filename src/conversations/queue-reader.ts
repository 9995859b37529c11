import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { decodeCursor, pageOf, type CursorScope, type Page } from '../http/cursor.js';
import { conversationResponse, ConversationRow, type ConversationResponse } from './conversation.js';
import { listByPriority, type QueuePosition, type QueuedRow } from './list-by-priority.js';
import type { Filters } from './list-conversations.js';

export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

/** The part of the queue to read. */
export interface QueueRequest {
  tenantId: string;
  /** null: all inboxes of the tenant. */
  inboxes: string[] | null;
  filters: Filters;
}

/** Reads the queue page by page for every room, in the transaction of the caller. */
@Injectable()
export class QueueReader {
  constructor(
    @InjectRepository(ConversationRow) private readonly conversations: Repository<ConversationRow>,
  ) {}

  /** Best first. The cursor is valid for the scope only. */
  async page(
    scope: CursorScope,
    request: QueueRequest,
    { limit, cursor }: PageRequest,
  ): Promise<Page<ConversationResponse>> {
    const after =
      cursor === undefined
        ? null
        : positionFrom(decodeCursor(scope, cursor, ['time', 'number', 'time', 'id']));
    const rows = await listByPriority(this.conversations.manager, { ...request, after, limit: limit + 1 });
    return pageOf(rows, limit, scope, positionOf, conversationResponse);
  }
}

function positionOf(row: QueuedRow): readonly unknown[] {
  return [row.as_of, row.urgency, row.basis_at, row.id];
}

function positionFrom(values: unknown[]): QueuePosition {
  const [asOf, urgency, basisAt, id] = values as [string, number, string, string];
  return { asOf, urgency, basisAt, id };
}

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { decodeCursor, endingAt, pageOf, type CursorScope, type Page } from '../http/cursor.js';
import { conversationResponse, ConversationRow, type ConversationResponse } from './conversation.js';
import type { Filters } from './conversation-filters.js';
import { listByPriority, positionOf, type QueuePosition } from './list-by-priority.js';

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
    const { rows, continuesAt } = await listByPriority(this.conversations.manager, {
      ...request,
      after,
      limit: limit + 1,
    });
    const found = pageOf(rows, limit, scope, (row) => valuesOf(positionOf(row)), conversationResponse);
    return endingAt(found, scope, continuesAt && valuesOf(continuesAt));
  }
}

function valuesOf({ asOf, urgency, basisAt, id }: QueuePosition): readonly unknown[] {
  return [asOf, urgency, basisAt, id];
}

function positionFrom(values: unknown[]): QueuePosition {
  const [asOf, urgency, basisAt, id] = values as [string, number, string, string];
  return { asOf, urgency, basisAt, id };
}

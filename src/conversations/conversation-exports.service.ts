import { Injectable } from '@nestjs/common';
import type { TenantPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { exportConversations, selectionOf, wholeRange } from './export-conversations.js';
import { exportedConversation, type ExportFormat } from './exported-conversation.js';
import type { ConversationFilterQuery } from './conversation-filters.js';
import { ConversationReader } from './conversation-reader.js';

/** The intended length of a piece, so that the client gets it soon and a slow client is no slower than it is. */
const PIECE = 32 * 1024;

@Injectable()
export class ConversationExportsService {
  constructor(
    private readonly database: Database,
    private readonly reader: ConversationReader,
  ) {}

  /**
   * The lines of an export in pieces. Each batch of conversations is a short transaction of its own, read when the lines
   * of the one before are on their way. So a conversation is as it was when its batch was read.
   */
  async *lines(
    { tenantId }: TenantPrincipal,
    query: ConversationFilterQuery,
    { header, line }: ExportFormat,
  ): AsyncGenerator<string> {
    const inLane = <T>(work: (tx: Transaction) => Promise<T>) =>
      this.database.inLane('exports', tenantId, () => this.database.inTenant(tenantId, work));
    const [selection, whole] = await inLane(async (tx) => [
      await selectionOf(tx, tenantId, await this.reader.filtersOf(tenantId, query)),
      await wholeRange(tx, tenantId),
    ]);
    let range = whole;
    let piece = header;
    for (let isMore = true; isMore;) {
      const { rows, left } = await inLane((tx) => exportConversations(tx, tenantId, selection, range));
      for (const row of rows) {
        piece += line(exportedConversation(row));
        if (piece.length < PIECE) continue;
        yield piece;
        piece = '';
      }
      isMore = left !== null;
      if (left !== null) range = left;
    }
    if (piece !== '') yield piece;
  }
}

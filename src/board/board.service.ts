import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { FeedService } from '../feed/feed.service.js';
import {
  BOARD_ATTENTION,
  GRACE_ENDS_SOON_SECONDS,
  MOST_OF_A_KIND,
  UNANSWERED_SECONDS,
  type BoardAttentionRow,
} from './board-attention.js';
import { BOARD_HOUR, INTERVAL_SECONDS, INTERVALS, type BoardHourRow } from './board-hour.js';
import { BOARD_INBOXES, QUEUE_DEPTHS, type BoardInboxRow, type QueueDepthRow } from './board-inboxes.js';
import { BOARD_OPERATORS, type BoardOperatorRow } from './board-operators.js';
import { attentionOf, hourOf, inboxesOf, operatorOf } from './board-responses.js';
import type { Board } from './board.js';

/** The moment of the snapshot, and an hour before. */
const MOMENT = sql`select now() as as_of, now() - $1::integer * interval '1 second' as hour_ago`;

@Injectable()
export class BoardService {
  constructor(
    private readonly database: Database,
    private readonly feed: FeedService,
  ) {}

  /** All of it belongs to one moment. The cursor is older than that, so a client that follows from there misses nothing. */
  async get(caller: OperatorPrincipal): Promise<Board> {
    const { tenantId } = caller;
    const cursor = await this.feed.latestCursor(caller);
    return this.database.inSnapshot(tenantId, async (tx) => {
      const values = [INTERVALS * INTERVAL_SECONDS];
      const [moment] = await rowsOf<{ as_of: Date; hour_ago: Date }>(tx, MOMENT, values);
      if (moment === undefined) throw new Error('the database does not tell the time');
      const { as_of: asOf, hour_ago: hourAgo } = moment;
      const inboxes = await rowsOf<BoardInboxRow>(tx, BOARD_INBOXES, [tenantId]);
      const depths = await rowsOf<QueueDepthRow>(tx, QUEUE_DEPTHS, [tenantId]);
      const operators = await rowsOf<BoardOperatorRow>(tx, BOARD_OPERATORS, [tenantId]);
      const hour = await rowsOf<BoardHourRow>(tx, BOARD_HOUR, [tenantId, hourAgo, INTERVAL_SECONDS]);
      const attention = await rowsOf<BoardAttentionRow>(tx, BOARD_ATTENTION, [
        tenantId,
        GRACE_ENDS_SOON_SECONDS,
        UNANSWERED_SECONDS,
        MOST_OF_A_KIND,
      ]);
      return {
        asOf: asOf.toISOString(),
        cursor,
        inboxes: inboxesOf(inboxes, depths, hour),
        operators: operators.map(operatorOf),
        attention: attentionOf(inboxes, attention),
        lastHour: hourOf(hourAgo, hour),
      };
    });
  }
}

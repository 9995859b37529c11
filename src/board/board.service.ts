import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { FeedService } from '../feed/feed.service.js';
import { GRACE_ENDS_SOON_SECONDS, MOST_OF_A_KIND, UNANSWERED_SECONDS } from './board-attention.js';
import { BOARD_HOUR, INTERVAL_SECONDS, INTERVALS, type BoardHourRow } from './board-hour.js';
import { QUEUE_DEPTHS, type QueueDepthRow } from './board-inboxes.js';
import { BOARD_NOW, type BoardNowRow } from './board-now.js';
import { attentionOf, hourOf, inboxesOf, operatorOf } from './board-responses.js';
import type { Board } from './board.js';

/** The moment of the snapshot, and the start and the end of the hour of whole minutes that it is in the last of. */
const MOMENT = sql`
  select now() as as_of, m.next - $1::integer * interval '1 second' as starts_at, m.next as ends_at
  from (select date_trunc('minute', now(), 'UTC') + interval '1 minute' as next) m`;

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
      const [moment] = await rowsOf<{ as_of: Date; starts_at: Date; ends_at: Date }>(tx, MOMENT, values);
      if (moment === undefined) throw new Error('the database does not tell the time');
      const { as_of: asOf, starts_at: startsAt, ends_at: endsAt } = moment;
      const [now] = await rowsOf<BoardNowRow>(tx, BOARD_NOW, [
        tenantId,
        GRACE_ENDS_SOON_SECONDS,
        UNANSWERED_SECONDS,
        MOST_OF_A_KIND,
      ]);
      if (now === undefined) throw new Error('the board is one row');
      const { inboxes, operators, attention } = now;
      const depths = await rowsOf<QueueDepthRow>(tx, QUEUE_DEPTHS, [tenantId]);
      const hour = await rowsOf<BoardHourRow>(tx, BOARD_HOUR, [
        tenantId,
        startsAt,
        endsAt,
        null,
        INTERVAL_SECONDS,
      ]);
      return {
        asOf: asOf.toISOString(),
        cursor,
        inboxes: inboxesOf(inboxes, depths, hour),
        operators: operators.map(operatorOf),
        attention: attentionOf(inboxes, attention),
        lastHour: hourOf(startsAt, hour),
      };
    });
  }
}

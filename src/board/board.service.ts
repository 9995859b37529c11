import { Injectable } from '@nestjs/common';
import type { OperatorPrincipal } from '../access/principal.js';
import { Database, type Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { FeedService } from '../feed/feed.service.js';
import { GRACE_ENDS_SOON_SECONDS, MOST_OF_A_KIND, UNANSWERED_SECONDS } from './board-attention.js';
import { BOARD_HOUR, INTERVAL_SECONDS, INTERVALS, type BoardHourRow } from './board-hour.js';
import { BOARD_INBOXES, QUEUE_DEPTHS, type BoardInboxRow, type QueueDepthRow } from './board-inboxes.js';
import { BOARD_OPERATORS_BESIDE, operatorsJson } from './board-operators.js';
import { BOARD_PEOPLE, type BoardPeopleRow } from './board-people.js';
import { attentionOf, boardJson, hourOf, inboxesOf } from './board-responses.js';

/** The moment of the snapshot, and the start and the end of the hour of whole minutes that it is in the last of. */
const MOMENT = sql`
  select now() as as_of, m.next - $1::integer * interval '1 second' as starts_at, m.next as ends_at
  from (select date_trunc('minute', now(), 'UTC') + interval '1 minute' as next) m`;

interface Moment {
  as_of: Date;
  starts_at: Date;
  ends_at: Date;
}

@Injectable()
export class BoardService {
  constructor(
    private readonly database: Database,
    private readonly feed: FeedService,
  ) {}

  /**
   * The JSON of a `Board`. All of it belongs to one moment. The cursor is older than that, so a client that follows from
   * there misses nothing.
   */
  async get(caller: OperatorPrincipal): Promise<string> {
    const { tenantId } = caller;
    const cursor = await this.feed.latestCursor(caller);
    return this.database.inSnapshot(tenantId, async (tx) => {
      const [moment] = await rowsOf<Moment>(tx, MOMENT, [INTERVALS * INTERVAL_SECONDS]);
      if (moment === undefined) throw new Error('the database does not tell the time');
      const [{ staff, operators, attention }, { inboxes, beside, ...queues }] =
        await this.database.sideBySide(
          tenantId,
          tx,
          (one) => people(one, tenantId),
          (other) => queuesAt(other, tenantId, moment),
        );
      const rest = {
        asOf: moment.as_of.toISOString(),
        cursor,
        inboxes: inboxesOf(inboxes, { staff, ...queues }),
        attention: attentionOf(inboxes, attention),
        lastHour: hourOf(moment.starts_at, queues.hour),
      };
      return boardJson(rest, operatorsJson(operators, beside));
    });
  }
}

async function people(tx: Transaction, tenantId: string): Promise<BoardPeopleRow> {
  const values = [tenantId, GRACE_ENDS_SOON_SECONDS, UNANSWERED_SECONDS, MOST_OF_A_KIND];
  const [row] = await rowsOf<BoardPeopleRow>(tx, BOARD_PEOPLE, values);
  if (row === undefined) throw new Error('the people of the board are one row');
  return row;
}

async function queuesAt(tx: Transaction, tenantId: string, { starts_at, ends_at }: Moment) {
  const inboxes = await rowsOf<BoardInboxRow>(tx, BOARD_INBOXES, [tenantId]);
  const depths = await rowsOf<QueueDepthRow>(tx, QUEUE_DEPTHS, [tenantId]);
  const values = [tenantId, starts_at, ends_at, null];
  const hour = await rowsOf<BoardHourRow>(tx, BOARD_HOUR, values);
  const [row] = await rowsOf<{ lines: string | null }>(tx, BOARD_OPERATORS_BESIDE, [tenantId]);
  return { inboxes, depths, hour, beside: row?.lines ?? null };
}

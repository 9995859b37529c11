import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { MAX_TOTAL, totalOf, type Looked, type Total } from '../http/total.js';
import { SearchIndex } from './search-index.js';
import { soughtParts } from './searchable-text.js';
import { LOOKED_UP, rarestTrigrams } from './trigrams.js';

/** A position in the order of activity. The time is text with all its digits. */
export interface ListPosition {
  id: string;
  position: string;
}

export interface SearchRequest {
  tenantId: string;
  part: string;
  /** null: the whole tenant; otherwise the conversations of the inboxes, and those that the operator holds. */
  visible: { operatorId: string; inboxes: string[] } | null;
  /** The position where the previous page ended. */
  after: ListPosition | null;
  limit: number;
}

export interface Found {
  /** Most recent activity first. */
  positions: ListPosition[];
  /** Where the next page must begin although this one is not full; null when there is nothing more, or it is full. */
  continuesAt: ListPosition | null;
}

/** $1 tenant, $2 parts, $3 to $5 trigrams of each, $6 inboxes, $7 operator, $8 and $9 position, $10 limit */
const SEARCH_PAGE = sql`
  select p.id, p.last_message_at::text as position, p.is_found as "isFound"
  from search_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) p`;

/** The same, counted. Of a search that ended early the last row is not found: then there can be more. */
const COUNT_FOUND = sql`
  select (count(*) filter (where p.is_found))::integer as found,
    case when bool_or(not p.is_found) then $10::integer else count(*)::integer end as looked_at
  from search_page($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) p`;

/** $1 tenant, $2 texts. The function of this name does the work. */
const SAMPLE_TEXTS = sql`select sample_texts($1, $2) as text`;
const SAMPLED = 64;

/** After all others. */
const NEWEST: ListPosition = { position: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

/** Finds conversations by a part of what they are searched by, in the transaction of the caller. */
@Injectable()
export class ConversationSearch {
  constructor(private readonly index: SearchIndex) {}

  async find(tx: Transaction, request: SearchRequest): Promise<Found> {
    await this.index.catchUp(tx, request.tenantId);
    const rows = await rowsOf<ListPosition & { isFound: boolean }>(
      tx,
      SEARCH_PAGE,
      await this.valuesOf(tx, request),
    );
    return {
      positions: rows.filter(({ isFound }) => isFound),
      continuesAt: rows.find(({ isFound }) => !isFound) ?? null,
    };
  }

  /** How many there are. A search that would have to look at too many conversations counts what it finds. */
  async count(tx: Transaction, request: Omit<SearchRequest, 'after' | 'limit'>): Promise<Total> {
    const values = await this.valuesOf(tx, { ...request, after: null, limit: MAX_TOTAL + 1 });
    const [looked] = await rowsOf<Looked>(tx, COUNT_FOUND, values);
    return totalOf(looked);
  }

  private async valuesOf(
    tx: Transaction,
    { tenantId, part, visible, after, limit }: SearchRequest,
  ): Promise<unknown[]> {
    const parts = soughtParts(part);
    const sample = parts.some(({ length }) => length - 2 > LOOKED_UP)
      ? await rowsOf<{ text: string }>(tx, SAMPLE_TEXTS, [tenantId, SAMPLED])
      : [];
    const texts = sample.map(({ text }) => text);
    const [first = null, second = null, third = null] = parts.map((each) =>
      rarestTrigrams(tenantId, each, texts),
    );
    const { position, id } = after ?? NEWEST;
    return [
      tenantId,
      parts,
      first,
      second,
      third,
      visible?.inboxes ?? null,
      visible?.operatorId ?? null,
      position,
      id,
      limit,
    ];
  }
}

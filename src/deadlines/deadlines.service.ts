import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { LOWEST_ID } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { countRows, withTotal } from '../http/total.js';
import { DEADLINE_KINDS } from './deadline.js';
import {
  ALL_DEADLINES,
  deadlineResponse,
  LIST_DEADLINES,
  type DeadlineResponse,
  type DeadlineRow,
  type ListDeadlines,
} from './list-deadlines.js';

@Injectable()
export class DeadlinesService {
  constructor(private readonly database: Database) {}

  list(tenantId: string, { kind, limit, cursor, count }: ListDeadlines): Promise<Page<DeadlineResponse>> {
    const scope = ['deadlines', tenantId, kind];
    const after =
      cursor === undefined
        ? ['-infinity', LOWEST_ID, '']
        : decodeCursor(scope, cursor, ['time', 'id', 'text']);
    const kinds = kind === undefined ? DEADLINE_KINDS : [kind];
    return this.database.inTenant(tenantId, async (tx) => {
      const values = [tenantId, kinds, ...after, limit + 1];
      const rows = await rowsOf<DeadlineRow>(tx, LIST_DEADLINES, values);
      const position = (row: DeadlineRow) => [row.position, row.conversation_id, row.kind];
      const page = pageOf(rows, limit, scope, position, deadlineResponse);
      return withTotal(page, { count }, () => countRows(tx, ALL_DEADLINES, [tenantId, kinds]));
    });
  }
}

import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { HIGHEST_ID } from '../database/id.js';
import { rowsOf } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { momentOf } from '../http/fields.js';
import { countRows, withTotal } from '../http/total.js';
import { auditEventResponse, type AuditEventResponse, type AuditRow } from './audit-event.js';
import { countedAuditEvents, listAuditEvents, type ListAuditEvents } from './list-audit-events.js';

@Injectable()
export class AuditService {
  constructor(private readonly database: Database) {}

  list(tenantId: string, query: ListAuditEvents): Promise<Page<AuditEventResponse>> {
    const { actor, subject, action, limit, cursor } = query;
    const from = query.from === undefined ? '-infinity' : momentOf('from', query.from);
    const to = query.to === undefined ? 'infinity' : momentOf('to', query.to);
    const scope = ['audit-events', tenantId, actor, subject, action, from, to];
    const after =
      cursor === undefined ? ['infinity', HIGHEST_ID] : decodeCursor(scope, cursor, ['time', 'id']);
    const { statement, values } = listAuditEvents(query);
    return this.database.inTenant(tenantId, async (tx) => {
      const rows = await rowsOf<AuditRow>(tx, statement, [
        tenantId,
        from,
        to,
        ...after,
        limit + 1,
        ...values,
      ]);
      const page = pageOf(rows, limit, scope, (row) => [row.position, row.id], auditEventResponse);
      return withTotal(page, query, () => {
        const counted = countedAuditEvents(query);
        const all = [tenantId, from, to, ...counted.values];
        return countRows(tx, counted.statement, all, counted.isFiltered);
      });
    });
  }
}

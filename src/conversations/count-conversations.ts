import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { MAX_TOTAL, totalOf, type Total } from '../http/total.js';
import { withLabels, type CountRequest } from './list-conversations.js';
import { sourcesOf } from './list-sources.js';

/** The most conversations that are looked at to count those that fulfil filters without an index. */
const LOOKED_AT = 50_000;

/** How many conversations a list has: exact up to MAX_TOTAL, unless more than LOOKED_AT would have to be looked at. */
export async function countConversations(tx: Transaction, request: CountRequest): Promise<Total> {
  const values: unknown[] = [request.tenantId];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const sources = sourcesOf(await withLabels(tx, request, MAX_TOTAL), parameter);
  const isPlain = sources.every(({ others, isOrdered }) => others.length === 0 || !isOrdered);
  const most = isPlain ? MAX_TOTAL : LOOKED_AT;
  const limit = parameter(most + 1);
  // The order names the index to use.
  const time = request.by === 'activity' ? 'c.last_message_at' : 'c.waiting_since';
  const looked = sources.map(
    ({ ranges, where, others }) => `(
      select r.is_found from ${ranges} cross join lateral (
        select (${['true', ...others].join(' and ')}) is true as is_found from conversations c
        where ${['c.tenant_id = $1', ...where].join(' and ')}
        order by ${time}, c.id limit ${limit}::integer) r)`,
  );
  const statement = sql`
    select count(*)::integer as looked_at, (count(*) filter (where l.is_found))::integer as found
    from (${looked.join(' union all ')} limit ${limit}::integer) l`;
  const [counted] = await rowsOf<{ looked_at: number; found: number }>(tx, { text: statement.text }, values);
  if (counted === undefined) throw new Error('a count returned no row');
  return totalOf(counted.found, counted.looked_at <= most);
}

import type { Transaction } from '../database/database.js';
import { countRows, MAX_TOTAL, mostLookedAt, type Total } from '../http/total.js';
import { withLabels, type CountRequest } from './list-conversations.js';
import { countedSourcesOf } from './list-sources.js';

/** How many conversations a list has. */
export async function countConversations(tx: Transaction, request: CountRequest): Promise<Total> {
  const values: unknown[] = [request.tenantId];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const sources = countedSourcesOf(await withLabels(tx, request, MAX_TOTAL), parameter);
  const isFiltered = sources.some(({ others, isOrdered }) => others.length > 0 && isOrdered);
  const limit = parameter(mostLookedAt(isFiltered) + 1);
  // The order names the index to use.
  const time = request.by === 'activity' ? 'c.last_message_at' : 'c.waiting_since';
  const looked = sources.map(
    ({ ranges, where, others }) => `(
      select r.is_found from ${ranges} cross join lateral (
        select (${['true', ...others].join(' and ')}) is true as is_found from conversations c
        where ${['c.tenant_id = $1', ...where].join(' and ')}
        order by ${time}, c.id limit ${limit}::integer) r)`,
  );
  return countRows(tx, { text: looked.join(' union all ') }, values, isFiltered);
}

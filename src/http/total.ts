import { ApiProperty } from '@nestjs/swagger';
import type { Transaction } from '../database/database.js';
import { rowsOf, type Statement } from '../database/statement.js';

/** The highest total that is exact. */
export const MAX_TOTAL = 10_000;
/** The most rows that are looked at to count those that fulfil a condition without an index. */
const LOOKED_AT = 50_000;

/**
 * How many items a list has on all pages: one of both, and neither unless the request asks for it. So they are not in
 * the examples of lists.
 */
export class Total {
  @ApiProperty({
    type: 'integer',
    required: false,
    description: 'With `count=true`: how many items all pages have together. Exact up to 10,000.',
  })
  total?: number;
  @ApiProperty({
    type: 'integer',
    required: false,
    description: 'In place of `total` where there are more, or where counting would take too long.',
  })
  totalIsAtLeast?: number;
}

/** How many rows of a list are looked at to count it. */
export const mostLookedAt = (isFiltered: boolean): number => (isFiltered ? LOOKED_AT : MAX_TOTAL);

export interface Looked {
  looked_at: number;
  found: number;
}

/**
 * Counts rows that say `is_found`, up to a limit of them. So they must be able to come one by one, in the order of an
 * index.
 */
export const counting = ({ text }: Pick<Statement, 'text'>, most = MAX_TOTAL): Pick<Statement, 'text'> => ({
  text: `
    select count(*)::integer as looked_at, (count(*) filter (where l.is_found))::integer as found
    from (${text} limit ${most + 1}) l`,
});

/** @param most up to how many rows were looked at; with more there may be others */
export function totalOf(looked: Looked | undefined, most = MAX_TOTAL): Total {
  if (looked === undefined) throw new Error('a count returned no row');
  const { looked_at, found } = looked;
  return looked_at <= most && found <= MAX_TOTAL
    ? { total: found }
    : { totalIsAtLeast: Math.min(found, MAX_TOTAL) };
}

/**
 * Counts the rows of a list: exact up to MAX_TOTAL, unless more than LOOKED_AT rows would have to be looked at.
 * @param rows as `counting` needs them
 * @param isFiltered whether there are rows that are looked at and not found
 */
export async function countRows(
  tx: Transaction,
  rows: Pick<Statement, 'text'>,
  values: readonly unknown[],
  isFiltered = false,
): Promise<Total> {
  const most = mostLookedAt(isFiltered);
  const [looked] = await rowsOf<Looked>(tx, counting(rows, most), values);
  return totalOf(looked, most);
}

/** Adds the total to a page, if the request asks for it. */
export async function withTotal<P extends object>(
  page: P,
  { count = false }: { count?: boolean | undefined },
  total: () => Promise<Total>,
): Promise<P & Total> {
  return count ? { ...page, ...(await total()) } : page;
}

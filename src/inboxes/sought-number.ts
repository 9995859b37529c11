import { homeOf, readNumber, type Home } from '../customers/phone-number.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';

const NUMBERS_OF_INBOXES = sql`
  select i.phone_number from inboxes i
  where i.tenant_id = $1 and i.phone_number is not null and ($2::uuid is null or i.id = $2)`;

/** No number, and no text that is kept in place of one. */
const NOBODY = '';

/**
 * The number that somebody searches for, as it is stored. One in national form belongs to the country of the inbox
 * that is searched, or of all inboxes of the tenant, unless their countries make different numbers of it. A text that
 * is no number finds nothing.
 */
export async function soughtNumber(
  tx: Transaction,
  tenantId: string,
  text: string,
  inboxId: string | null = null,
): Promise<string> {
  const { number, isNational } = readNumber(text);
  if (!isNational) return number ?? NOBODY;
  const rows = await rowsOf<{ phone_number: string }>(tx, NUMBERS_OF_INBOXES, [tenantId, inboxId]);
  const found = new Set(homesOf(rows).flatMap((home) => readNumber(text, home).number ?? []));
  const [only] = found;
  return (found.size === 1 ? only : number) ?? NOBODY;
}

/** The countries of these inboxes, each once. */
function homesOf(rows: readonly { phone_number: string }[]): Home[] {
  const homes = rows.flatMap(({ phone_number }) => homeOf(phone_number) ?? []);
  return [...new Map(homes.map((home) => [`${home.callingCode} ${home.country}`, home])).values()];
}

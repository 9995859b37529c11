import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { LabelExchange, MoveResult } from './supervision-requests.js';

/** $1 tenant, $2 conversation, $3 the inbox it came to. The function exchange_labels does the work. */
const EXCHANGE_LABELS = sql`select id, name, color, new_id, new_color from exchange_labels($1, $2, $3)`;

interface ExchangedRow {
  id: string;
  name: string;
  color: string | null;
  new_id: string | null;
  new_color: string | null;
}

/** Gives a conversation that came to another inbox the labels of the same name there, and returns those that were exchanged and detached. */
export async function exchangeLabels(
  tx: Transaction,
  tenantId: string,
  conversationId: string,
  inboxId: string,
): Promise<Omit<MoveResult, 'conversation'>> {
  const labels = await rowsOf<ExchangedRow>(tx, EXCHANGE_LABELS, [tenantId, conversationId, inboxId]);
  return {
    labelsExchanged: labels.flatMap(exchange),
    labelsDetached: labels
      .filter(({ new_id }) => new_id === null)
      .map(({ id, name, color }) => ({ id, name, color })),
  };
}

function exchange({ id, name, color, new_id, new_color }: ExchangedRow): LabelExchange[] {
  return new_id === null ? [] : [{ from: { id, name, color }, to: { id: new_id, name, color: new_color } }];
}

import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { LabelExchange, MoveResult } from './supervision-requests.js';

/** Prevents labels of the new inbox from being deleted during the exchange of the labels of conversation $2. */
const LOCK_SUCCESSORS = sql`
  select n.id
  from conversation_labels a
  join labels l on l.tenant_id = $1 and l.id = a.label_id
  join labels n on n.tenant_id = $1 and n.inbox_id = $3 and n.name_key = l.name_key and n.deleted_at is null
  where a.tenant_id = $1 and a.conversation_id = $2
  order by n.id
  for key share of n`;

/**
 * Exchanges the labels of conversation $2 for labels of the same name in inbox $3, and detaches the others. Returns
 * each previous label with its replacement or null.
 */
const EXCHANGE_LABELS = sql`
  with old as (
    delete from conversation_labels a using labels l
    where a.tenant_id = $1 and a.conversation_id = $2 and l.tenant_id = $1 and l.id = a.label_id and l.inbox_id <> $3
    returning l.id, l.name, l.name_key, l.color, l.deleted_at
  ), new as (
    insert into conversation_labels (tenant_id, conversation_id, label_id)
    select $1, $2, n.id
    from old o
    join labels n on n.tenant_id = $1 and n.inbox_id = $3 and n.name_key = o.name_key and n.deleted_at is null
    where o.deleted_at is null
    returning label_id
  )
  select o.id, o.name, o.color, n.id as new_id, n.color as new_color
  from old o
  left join labels n on n.tenant_id = $1 and n.inbox_id = $3 and n.name_key = o.name_key and n.deleted_at is null
  where o.deleted_at is null
  order by o.name, o.id`;

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
  await rowsOf(tx, LOCK_SUCCESSORS, [tenantId, conversationId, inboxId]);
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

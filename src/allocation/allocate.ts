import { sql } from '../database/statement.js';
import type { ConversationRow } from '../conversations/conversation.js';

/** With a refusal, and when nothing waits, the columns of the conversation are all null. */
export type AllocateRow = { refusal: string | null } & (ConversationRow | { id: null });

/** $1 tenant, $2 operator, $3 id of the ledger entry. The work is in the function allocate_conversation. */
export const ALLOCATE = sql`
  select a.refusal, (a.details).* from allocate_conversation($1, $2, $3) a`;

import { sql } from '../database/statement.js';
import type { ConversationRow } from '../conversations/conversation.js';

/**
 * What the nth operator is answered. With a refusal, and when nothing waits, the columns of the conversation are all
 * null. `HELD_UP`: somebody is in their way, so they have to ask alone and wait.
 */
export type AllocateRow = { nth: number; refusal: string | null } & (ConversationRow | { id: null });

/**
 * $1 tenant, $2 operators, $3 ids of the ledger entries, $4 whether a single one may wait for locks. The work is in the
 * function allocate_conversations.
 */
export const ALLOCATE = sql`
  select a.nth, a.refusal, (a.details).* from allocate_conversations($1, $2, $3, $4) a`;

import { sql } from '../database/statement.js';
import type { ConversationRow } from '../conversations/conversation.js';

/**
 * The result of the nth operator. The columns of the conversation are null after a refusal, and when no conversation
 * waits. `HELD_UP` means that a lock was in the way: the operator must ask alone and wait for it.
 */
export type AllocateRow = { nth: number; refusal: string | null } & (ConversationRow | { id: null });

/**
 * $1 tenant, $2 operators, $3 ids of the ledger entries, $4 whether to wait for locks (for a single operator only).
 * The function allocate_conversations does the work.
 */
export const ALLOCATE = sql`
  select a.nth, a.refusal, (a.details).* from allocate_conversations($1, $2, $3, $4) a`;

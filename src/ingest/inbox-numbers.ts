import { sql } from '../database/statement.js';

export interface InboxNumber {
  /** null for the inbox of messages that name none. */
  inbox_id: string | null;
  phone_number: string;
}

/** $1 tenant, $2 inboxes. Only messages with a number in national form need them. */
export const INBOX_NUMBERS = sql`select inbox_id, phone_number from inbox_numbers($1, $2)`;

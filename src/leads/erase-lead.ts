import { ApiProperty } from '@nestjs/swagger';
import { recordChange } from '../audit/record-change.js';
import type { Transaction } from '../database/database.js';
import { newIds } from '../database/id.js';
import { rowsOf, sql } from '../database/statement.js';
import type { Actor } from '../ledger/event.js';
import type { LeadRefusal } from './change-lead.js';

/** The most conversations that a transaction erases. */
export const ERASED_AT_ONCE = 500;

/** What was erased, by kind. */
export class ErasedCounts {
  @ApiProperty({
    type: 'integer',
    example: 2,
    description: 'Conversations, which are without a customer now.',
  })
  conversations: number;
  @ApiProperty({
    type: 'integer',
    example: 3,
    description: 'External ids, numbers and addresses by which messages found the lead.',
  })
  keys: number;
  @ApiProperty({ type: 'integer', example: 5, description: 'Ids of messages.' })
  messageIds: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'Numbers that conversations had before.' })
  formerNumbers: number;
  @ApiProperty({ type: 'integer', example: 1, description: 'Responses stored for repeated requests.' })
  storedResponses: number;
  @ApiProperty({ type: 'integer', example: 9, description: 'Entries of the ledger and of the feed.' })
  ledgerEntries: number;
  @ApiProperty({ type: 'integer', example: 4, description: 'Deliveries to webhooks.' })
  deliveries: number;
}

export const NOTHING_ERASED: ErasedCounts = {
  conversations: 0,
  keys: 0,
  messageIds: 0,
  formerNumbers: 0,
  storedResponses: 0,
  ledgerEntries: 0,
  deliveries: 0,
};

export class ErasedLead {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000401' })
  leadId: string;
  @ApiProperty({ type: ErasedCounts })
  erased: ErasedCounts;
}

type Counts = Partial<ErasedCounts> | null;
type Erased =
  | (LeadRefusal & { is_left: null; erased: null })
  | { refusal: null; merged_into_id: null; is_left: boolean; erased: Counts[] };

/** $1 tenant, $2 lead, $3 kind of actor, $4 actor, $5 ids of ledger entries. The function erase_lead does the work. */
const ERASE_LEAD = sql`select refusal, merged_into_id, is_left, erased from erase_lead($1, $2, $3, $4, $5)`;

/** @returns why it cannot be done, or whether conversations are left and what was erased */
export async function eraseLead(
  tx: Transaction,
  tenantId: string,
  leadId: string,
  actor: Actor,
): Promise<LeadRefusal | { refusal: null; isLeft: boolean; erased: ErasedCounts }> {
  const values = [tenantId, leadId, actor.type, actor.id, newIds(ERASED_AT_ONCE)];
  const [row] = await rowsOf<Erased>(tx, ERASE_LEAD, values);
  if (row === undefined) throw new Error('erase_lead returned no row');
  if (row.refusal !== null) return row;
  return { refusal: null, isLeft: row.is_left, erased: row.erased.reduce(added, NOTHING_ERASED) };
}

/** The sum of the counts by kind. */
export function added(counts: ErasedCounts, more: Counts): ErasedCounts {
  const sums = Object.entries(counts).map(([kind, count]) => [
    kind,
    (count as number) + (more?.[kind as keyof ErasedCounts] ?? 0),
  ]);
  return Object.fromEntries(sums) as ErasedCounts;
}

/** Writes the audit entry, which has no name. */
export async function recordErasure(tx: Transaction, tenantId: string, id: string): Promise<void> {
  await recordChange(tx, tenantId, 'lead.erased', { id, isErased: false }, { id, isErased: true });
}

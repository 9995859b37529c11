import { emailKey, matchKey } from '../customers/match-key.js';
import type { Transaction } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import type { UpdateLead } from './lead-requests.js';

/** Why a lead cannot be changed or merged. */
export interface LeadRefusal {
  refusal: 'NOT_FOUND' | 'MERGED';
  merged_into_id: string | null;
}

/** $1 tenant, $2 lead, $3 changes. The function change_lead does the work. */
const CHANGE_LEAD = sql`select refusal, merged_into_id from change_lead($1, $2, $3)`;

/** @returns null when it was changed */
export async function changeLead(
  tx: Transaction,
  tenantId: string,
  leadId: string,
  { name, email, phone }: UpdateLead,
): Promise<LeadRefusal | null> {
  const changes = {
    name,
    email,
    emailKey: email && emailKey(email),
    phone,
    phoneKey: phone && matchKey(phone),
  };
  const [refusal] = await rowsOf<LeadRefusal>(tx, CHANGE_LEAD, [tenantId, leadId, JSON.stringify(changes)]);
  return refusal ?? null;
}

/** Whose data a response has, by their conversation and their lead. */
export interface CustomerIn {
  readonly conversationId: string | null;
  readonly leadId: string | null;
}

export const NOBODY: CustomerIn = { conversationId: null, leadId: null };

/**
 * Finds whose data a response has, so that it can be erased with them: nothing shows in it once it is sealed. Conversations
 * are known by their `customerAddress`, leads by their `externalIds`.
 * Several conversations are found by their lead.
 * @returns 'several' for those of more than one lead, which could not be found again
 */
export function customerIn(body: unknown): CustomerIn | 'several' {
  const found = { conversations: new Set<string>(), leads: new Set<string>() };
  collect(body, found);
  const [leadId = null] = found.leads;
  const [conversationId = null, ...others] = found.conversations;
  if (others.length === 0 && found.leads.size <= 1) return { conversationId, leadId };
  return found.leads.size === 1 ? { conversationId: null, leadId } : 'several';
}

function collect(value: unknown, found: { conversations: Set<string>; leads: Set<string> }): void {
  if (typeof value !== 'object' || value === null) return;
  if ('id' in value && typeof value.id === 'string') {
    if ('customerAddress' in value) found.conversations.add(value.id);
    if ('externalIds' in value) found.leads.add(value.id);
  }
  for (const member of Object.values(value)) collect(member, found);
}

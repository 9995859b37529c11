import { parse } from 'uuid';
import { newSecret, uuidOf } from './api-key.js';

/** A ticket reads `iet_<tenant>_<secret>`, both in base64url. The secret is 256 random bits. */
const TICKET = /^iet_([\w-]{22})_([\w-]{43})$/;

export interface EventTicketParts {
  tenantId: string;
  secret: string;
}

/** @returns the parts of a ticket; null when the text is not a ticket */
export function parseEventTicket(text: string): EventTicketParts | null {
  const [, tenant, secret] = TICKET.exec(text) ?? [];
  if (tenant === undefined || secret === undefined) return null;
  return { tenantId: uuidOf(Buffer.from(tenant, 'base64url')), secret };
}

/** The text of a new ticket, and the secret in it. */
export function newEventTicket(tenantId: string): { ticket: string; secret: string } {
  const secret = newSecret();
  const tenant = Buffer.from(parse(tenantId)).toString('base64url');
  return { ticket: `iet_${tenant}_${secret}`, secret };
}

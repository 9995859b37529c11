import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { hashOf } from './api-key.js';
import { newEventTicket, type EventTicketParts } from './event-ticket.js';
import type { TenantPrincipal } from './principal.js';

/**
 * Makes a ticket, and deletes some that nobody used.
 * $1 tenant, $2 hash of the secret, $3 operator, $4 API key, $5 name of a service
 */
const ISSUE = sql`
  with ended as (
    select t.secret_hash from event_tickets t
    where t.tenant_id = $1 and t.expires_at <= now()
    order by t.expires_at limit 100 for update skip locked
  ), forgotten as (
    delete from event_tickets t using ended e where t.tenant_id = $1 and t.secret_hash = e.secret_hash
  )
  insert into event_tickets (tenant_id, secret_hash, operator_id, api_key_id, service_name, expires_at)
  values ($1, $2, $3, $4, $5, now() + interval '30 seconds')
  returning expires_at`;

const USE = sql`select operator_id, api_key_id, service_name from use_event_ticket($1, $2)`;

export interface TicketHolder {
  operator_id: string | null;
  api_key_id: string | null;
  service_name: string | null;
}

/** Tickets open one stream of events, for browsers, whose EventSource cannot send credentials. */
@Injectable()
export class EventTickets {
  constructor(private readonly database: Database) {}

  issue(caller: TenantPrincipal): Promise<{ ticket: string; expiresAt: string }> {
    const { tenantId } = caller;
    const { ticket, secret } = newEventTicket(tenantId);
    const holder =
      caller.kind === 'operator' ? [caller.operatorId, null, null] : [null, caller.apiKeyId, caller.name];
    return this.database.inTenant(tenantId, async (tx) => {
      const values = [tenantId, hashOf(secret), ...holder];
      const [row] = await rowsOf<{ expires_at: Date }>(tx, ISSUE, values);
      if (row === undefined) throw new Error('the ticket was not stored');
      return { ticket, expiresAt: row.expires_at.toISOString() };
    });
  }

  /** Uses the ticket up. @returns whose it is; undefined when it is unknown, used or expired */
  async use({ tenantId, secret }: EventTicketParts): Promise<TicketHolder | undefined> {
    const [holder] = await this.database.call<TicketHolder>(tenantId, USE, [tenantId, hashOf(secret)]);
    return holder;
  }
}

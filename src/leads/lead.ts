import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ConversationResponse } from '../conversations/conversation.js';

/**
 * The customer behind conversations of any number of inboxes. Messages create and change leads. A lead that was merged
 * into another one keeps its row, which says so.
 */
export interface Lead {
  tenantId: string;
  id: string;
  /** null until a message has one. */
  externalId: string | null;
  externalIds: string[];
  name: string | null;
  email: string | null;
  phone: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** The columns of `leads l` that become the properties of Lead. */
export const LEAD_COLUMNS = `
  l.tenant_id as "tenantId", l.id, l.external_id as "externalId", l.name, l.email, l.phone,
  l.created_at as "createdAt", l.updated_at as "updatedAt",
  array(
    select k.key from lead_keys k where k.tenant_id = l.tenant_id and k.lead_id = l.id and k.kind is not distinct from 'ID'
    order by k.key <> l.external_id, k.key) as "externalIds"`;

export class LeadResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000401' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'crm-1',
    description: "The customer's id in your system; unique in the tenant. null until a message has one.",
  })
  externalId: string | null;
  @ApiProperty({
    type: [String],
    example: ['crm-1'],
    description: 'All such ids: `externalId` first, then those of leads that were merged into this one.',
  })
  externalIds: string[];
  @ApiProperty({ type: String, nullable: true, example: 'Carla Customer' })
  name: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'carla@customer.example' })
  email: string | null;
  @ApiProperty({ type: String, nullable: true, example: '+4915112345678' })
  phone: string | null;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T07:20:00.120Z' })
  createdAt: string;
  @ApiProperty({ format: 'date-time', example: '2026-03-02T09:30:00.240Z' })
  updatedAt: string;
}

/** The most conversations that a lead shows. */
export const SHOWN_CONVERSATIONS = 100;

export class LeadWithConversations extends LeadResponse {
  @ApiProperty({
    type: [ConversationResponse],
    maxItems: SHOWN_CONVERSATIONS,
    description:
      `In all inboxes and states, most recent activity first, at most ${SHOWN_CONVERSATIONS}. ` +
      'Page through all of them with `GET /conversations?leadId=`.',
  })
  conversations: ConversationResponse[];
}

/** The most conversations that each lead of a list shows. */
export const LISTED_CONVERSATIONS = 10;

export class ListedLead extends LeadResponse {
  @ApiPropertyOptional({
    type: [ConversationResponse],
    maxItems: LISTED_CONVERSATIONS,
    description:
      `With \`include=conversations\`: in all inboxes and states, most recent activity first, at most ` +
      `${LISTED_CONVERSATIONS}.`,
  })
  conversations?: ConversationResponse[];
}

export function leadResponse(lead: Lead): LeadResponse {
  return {
    id: lead.id,
    tenantId: lead.tenantId,
    externalId: lead.externalId,
    externalIds: lead.externalIds,
    name: lead.name,
    email: lead.email,
    phone: lead.phone,
    createdAt: lead.createdAt.toISOString(),
    updatedAt: lead.updatedAt.toISOString(),
  };
}

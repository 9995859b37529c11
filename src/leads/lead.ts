import { ApiProperty } from '@nestjs/swagger';
import { ConversationResponse } from '../conversations/conversation.js';

/** The customer behind conversations, who may write to many inboxes. */
export class LeadResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000401' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ example: 'crm-1', description: "The customer's id in your system; unique in the tenant." })
  externalId: string;
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

/** How many conversations a lead shows at most. */
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

/** What statements select of the table `leads l`: the columns of LeadRow. */
export const LEAD_COLUMNS =
  'l.tenant_id, l.id, l.external_id, l.name, l.email, l.phone, l.created_at, l.updated_at';

export interface LeadRow {
  tenant_id: string;
  id: string;
  external_id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  created_at: Date;
  updated_at: Date;
}

export function leadResponse(row: LeadRow): LeadResponse {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    externalId: row.external_id,
    name: row.name,
    email: row.email,
    phone: row.phone,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

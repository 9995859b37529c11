import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { ConversationResponse } from '../conversations/conversation.js';

/** The customer behind conversations of any number of inboxes. Messages create and change leads. */
@Entity('leads')
export class Lead {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  externalId: string;
  @Column('text', { nullable: true })
  name: string | null;
  @Column('text', { nullable: true })
  email: string | null;
  @Column('text', { nullable: true })
  phone: string | null;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz' })
  updatedAt: Date;
}

/** The columns of `leads l` that become the properties of Lead. */
export const LEAD_COLUMNS = `
  l.tenant_id as "tenantId", l.id, l.external_id as "externalId", l.name, l.email, l.phone,
  l.created_at as "createdAt", l.updated_at as "updatedAt"`;

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

export function leadResponse(lead: Lead): LeadResponse {
  return {
    id: lead.id,
    tenantId: lead.tenantId,
    externalId: lead.externalId,
    name: lead.name,
    email: lead.email,
    phone: lead.phone,
    createdAt: lead.createdAt.toISOString(),
    updatedAt: lead.updatedAt.toISOString(),
  };
}

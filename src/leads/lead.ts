import { ApiProperty } from '@nestjs/swagger';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The customer behind conversations, who may write to many inboxes. */
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
  @Column('timestamptz', { default: () => 'now()' })
  createdAt: Date;
  @Column('timestamptz', { default: () => 'now()' })
  updatedAt: Date;
}

export class LeadAnswer {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000401' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ example: 'crm-4711' })
  externalId: string;
  @ApiProperty({ type: String, nullable: true, example: 'Carla Customer' })
  name: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'carla@customer.example' })
  email: string | null;
  @ApiProperty({ type: String, nullable: true, example: '+4915112345678' })
  phone: string | null;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

export function leadAnswer(lead: Lead): LeadAnswer {
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

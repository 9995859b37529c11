import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export const DISTRIBUTIONS = ['PULL', 'WEIGHTED_RANDOM', 'LEAST_LOADED', 'ROUND_ROBIN'] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

/** A channel of a tenant, usually a phone number. */
@Entity('inboxes')
export class Inbox {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  name: string;
  @Column('text', { nullable: true })
  phoneNumber: string | null;
  @Column('text', { nullable: true })
  description: string | null;
  @Column('text', { default: 'PULL' })
  distribution: Distribution;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz' })
  updatedAt: Date;
}

export class InboxResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ example: 'Support' })
  name: string;
  @ApiProperty({ type: String, nullable: true, example: '+4930901820' })
  phoneNumber: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Questions about orders' })
  description: string | null;
  @ApiProperty({ enum: DISTRIBUTIONS, example: 'PULL' })
  distribution: Distribution;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

export function inboxResponse(inbox: Inbox): InboxResponse {
  return {
    id: inbox.id,
    tenantId: inbox.tenantId,
    name: inbox.name,
    phoneNumber: inbox.phoneNumber,
    description: inbox.description,
    distribution: inbox.distribution,
    createdAt: inbox.createdAt.toISOString(),
    updatedAt: inbox.updatedAt.toISOString(),
  };
}

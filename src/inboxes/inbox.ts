import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export const DISTRIBUTIONS = ['PULL', 'WEIGHTED_RANDOM', 'LEAST_LOADED', 'ROUND_ROBIN'] as const;
export type Distribution = (typeof DISTRIBUTIONS)[number];

/** What happens when a holder does not reply in time. */
export const ON_REPLY_OVERDUE = ['NOTIFY', 'REQUEUE'] as const;
export type OnReplyOverdue = (typeof ON_REPLY_OVERDUE)[number];
/** Who gets a conversation of a customer who was there before, if they are eligible. */
export const AFFINITIES = ['NONE', 'LAST_OPERATOR'] as const;
export type Affinity = (typeof AFFINITIES)[number];

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
  @Column('integer', { nullable: true })
  acceptWithinSeconds: number | null;
  @Column('integer', { nullable: true })
  replyWithinSeconds: number | null;
  @Column('integer', { nullable: true })
  waitTargetSeconds: number | null;
  @Column('text', { default: 'NOTIFY' })
  onReplyOverdue: OnReplyOverdue;
  @Column('text', { default: 'NONE' })
  affinity: Affinity;
  @Column('integer', { default: 0 })
  boostMinutes: number;
  @Column('boolean', { default: true })
  isActive: boolean;
  @Column('uuid', { nullable: true })
  redirectToInboxId: string | null;
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
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: null,
    description: 'Within how many seconds a distributed conversation must be accepted; null: never.',
  })
  acceptWithinSeconds: number | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: null,
    description: 'Within how many seconds the holder must reply to the customer; null: never.',
  })
  replyWithinSeconds: number | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 300,
    description: 'Within how many seconds a customer should get an operator; null: no target.',
  })
  waitTargetSeconds: number | null;
  @ApiProperty({ enum: ON_REPLY_OVERDUE, example: 'NOTIFY' })
  onReplyOverdue: OnReplyOverdue;
  @ApiProperty({ enum: AFFINITIES, example: 'NONE' })
  affinity: Affinity;
  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'How many minutes longer than they do its conversations count as waiting.',
  })
  boostMinutes: number;
  @ApiProperty({ example: true, description: '`false`: it is archived.' })
  isActive: boolean;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: null,
    description: 'Where messages go that name it while it is archived; null: they are refused.',
  })
  redirectToInboxId: string | null;
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
    acceptWithinSeconds: inbox.acceptWithinSeconds,
    replyWithinSeconds: inbox.replyWithinSeconds,
    waitTargetSeconds: inbox.waitTargetSeconds,
    onReplyOverdue: inbox.onReplyOverdue,
    affinity: inbox.affinity,
    boostMinutes: inbox.boostMinutes,
    isActive: inbox.isActive,
    redirectToInboxId: inbox.redirectToInboxId,
    createdAt: inbox.createdAt.toISOString(),
    updatedAt: inbox.updatedAt.toISOString(),
  };
}

import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, DeleteDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { ShownOnce } from '../openapi/shown-once.js';
import { EVENT_TYPES, type EventType } from '../ledger/event.js';

@Entity('webhooks')
export class Webhook {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  url: string;
  @Column('text', { array: true, nullable: true })
  events: EventType[] | null;
  @Column('uuid', { nullable: true })
  inboxId: string | null;
  @Column('text', { nullable: true })
  description: string | null;
  @Column('boolean', { default: true })
  enabled: boolean;
  @Column('text', { nullable: true })
  disabledReason: string | null;
  @Column('text', { select: false })
  secret: string;
  @Column('timestamptz', { nullable: true })
  formerSecretExpiresAt: Date | null;
  @Column('uuid')
  createdBy: string;
  /** The feed position of the last event that became a delivery. */
  @Column('bigint')
  position: string;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz' })
  updatedAt: Date;
  /** The deliveries of a deleted webhook are deleted in batches, and then its row. */
  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt: Date | null;
}

/** A webhook without its secret. */
export class WebhookResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000601' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ example: 'https://desk.example.com/hooks/inbox' })
  url: string;
  @ApiProperty({
    type: String,
    isArray: true,
    enum: EVENT_TYPES,
    nullable: true,
    example: null,
    description: 'The event types it receives; null: all.',
  })
  events: EventType[] | null;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: null,
    description: 'The inbox whose events it receives; null: all.',
  })
  inboxId: string | null;
  @ApiProperty({ type: String, nullable: true, example: 'Screens in the service centre' })
  description: string | null;
  @ApiProperty({ example: true, description: '`false`: deliveries are held back until it is enabled again.' })
  enabled: boolean;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why the service disabled it; null if it did not.',
  })
  disabledReason: string | null;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    example: null,
    description: 'The time until which the previous secret signs too.',
  })
  formerSecretExpiresAt: string | null;
  @ApiProperty({
    format: 'uuid',
    example: '019c8f00-0000-7000-8000-000000000014',
    description: 'The ADMIN who created it.',
  })
  createdBy: string;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

/** The only response that shows a secret. */
export class NewWebhook extends WebhookResponse {
  @ShownOnce({ example: 'whsec_…', description: 'Signs deliveries in the way of Standard Webhooks.' })
  secret: string;
}

export function webhookResponse(webhook: Webhook): WebhookResponse {
  return {
    id: webhook.id,
    tenantId: webhook.tenantId,
    url: webhook.url,
    events: webhook.events,
    inboxId: webhook.inboxId,
    description: webhook.description,
    enabled: webhook.enabled,
    disabledReason: webhook.disabledReason,
    formerSecretExpiresAt: webhook.formerSecretExpiresAt?.toISOString() ?? null,
    createdBy: webhook.createdBy,
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
  };
}

import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { EVENT_TYPES, type EventType } from '../ledger/event.js';

export const DELIVERY_STATUSES = ['PENDING', 'DELIVERED', 'FAILED'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One ledger entry for one webhook. SQL statements create and change it. */
@Entity('webhook_deliveries')
export class WebhookDelivery {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  webhookId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  eventId: string;
  @Column('text')
  eventType: EventType;
  @Column('text')
  status: DeliveryStatus;
  @Column('integer')
  attempts: number;
  @Column('timestamptz', { nullable: true })
  nextAttemptAt: Date | null;
  @Column('timestamptz', { nullable: true })
  lastAttemptAt: Date | null;
  @Column('integer', { nullable: true })
  lastStatus: number | null;
  @Column('text', { nullable: true })
  lastError: string | null;
  @Column('text', { nullable: true })
  lastResponse: string | null;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
}

export class DeliveryResponse {
  @ApiProperty({
    format: 'uuid',
    example: '019c8f00-0000-7000-8000-000000000701',
    description: 'The `webhook-id` header of the delivery. It is the same in every try.',
  })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000601' })
  webhookId: string;
  @ApiProperty({
    format: 'uuid',
    example: '019c8f00-0000-7000-8000-000000000501',
    description: 'The ledger entry that it delivers.',
  })
  eventId: string;
  @ApiProperty({ enum: EVENT_TYPES, example: 'conversation.created' })
  eventType: EventType;
  @ApiProperty({
    enum: DELIVERY_STATUSES,
    example: 'PENDING',
    description: '`DELIVERED` after a response of 200 to 299, `FAILED` when every try failed.',
  })
  status: DeliveryStatus;
  @ApiProperty({ type: 'integer', example: 1, description: 'The number of tries.' })
  attempts: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  nextAttemptAt: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  lastAttemptAt: string | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 503,
    description: 'The status of the last response.',
  })
  lastStatus: number | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why the last try failed.',
  })
  lastError: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'Back in a minute',
    description: 'The beginning of the last response body, at most 500 characters.',
  })
  lastResponse: string | null;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
}

export function deliveryResponse(delivery: WebhookDelivery): DeliveryResponse {
  return {
    id: delivery.id,
    webhookId: delivery.webhookId,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    status: delivery.status,
    attempts: delivery.attempts,
    nextAttemptAt: delivery.nextAttemptAt?.toISOString() ?? null,
    lastAttemptAt: delivery.lastAttemptAt?.toISOString() ?? null,
    lastStatus: delivery.lastStatus,
    lastError: delivery.lastError,
    lastResponse: delivery.lastResponse,
    createdAt: delivery.createdAt.toISOString(),
  };
}

import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Column, CreateDateColumn, DeleteDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { OperatorResponse } from '../operators/operator.js';

export const NORMALIZATIONS = ['FIXED', 'CANDIDATE_WINDOW'] as const;
export type Normalization = (typeof NORMALIZATIONS)[number];
export const DELAY_BASES = ['LAST_MESSAGE', 'WAITING_SINCE'] as const;
export type DelayBasis = (typeof DELAY_BASES)[number];
export const COUNT_BASES = ['WAITING', 'TOTAL'] as const;
export type CountBasis = (typeof COUNT_BASES)[number];

/** A customer company with its settings. The queue keeps the progress of a change of the ranking itself. */
@Entity('tenants')
export class Tenant {
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  name: string;
  /** The id at the identity provider. */
  @Column('text', { nullable: true })
  externalId: string | null;
  @Column('boolean', { default: false })
  isSuspended: boolean;
  @Column('double precision')
  alpha: number;
  @Column('double precision')
  beta: number;
  @Column('text', { default: 'FIXED' })
  normalization: Normalization;
  @Column('integer', { default: 100 })
  maxMessageCount: number;
  @Column('integer', { nullable: true, default: 1440 })
  maxDelayMinutes: number | null;
  @Column('integer', { default: 100 })
  candidateWindow: number;
  @Column('text', { default: 'LAST_MESSAGE' })
  delayBasis: DelayBasis;
  @Column('text', { default: 'WAITING' })
  countBasis: CountBasis;
  @Column('integer')
  gracePeriodSeconds: number;
  @Column('integer', { default: 900 })
  declineSeconds: number;
  @Column('integer', { nullable: true })
  presenceTimeoutSeconds: number | null;
  @Column('boolean', { default: true })
  operatorsMayHandOver: boolean;
  @Column('integer', { default: 2 })
  missesBeforePause: number;
  @Column('integer', { default: 20 })
  maxParked: number;
  @Column('integer', { nullable: true, default: 10 })
  backlogPerMinute: number | null;
  @Column('integer', { nullable: true, default: 60 })
  unattendedSeconds: number | null;
  @Column('integer', { nullable: true })
  retentionDays: number | null;
  @Column('boolean', { default: false })
  autoSubscribe: boolean;
  @Column('integer', { nullable: true })
  defaultMaxLoad: number | null;
  @Column('uuid', { nullable: true })
  defaultInboxId: string | null;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz' })
  updatedAt: Date;
  /** The rows of a deleted tenant are deleted in batches, and then its own. */
  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt: Date | null;
}

/** The ranking and distribution settings of a tenant. */
@ApiSchema({ name: 'TenantSettings' })
export class SettingsResponse {
  @ApiProperty({ example: 0.4, description: 'The weight of the message count.' })
  alpha: number;
  @ApiProperty({ example: 0.6, description: 'The weight of the delay.' })
  beta: number;
  @ApiProperty({ enum: NORMALIZATIONS, example: 'FIXED' })
  normalization: string;
  @ApiProperty({
    type: 'integer',
    example: 100,
    description: 'The number of messages that counts as 1; more do not count more.',
  })
  maxMessageCount: number;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 1440,
    description:
      'The delay in minutes that counts as 1; longer ones do not count more. null: no cap, in units of 1440 minutes.',
  })
  maxDelayMinutes: number | null;
  @ApiProperty({
    type: 'integer',
    example: 100,
    description: 'With CANDIDATE_WINDOW: how many recently active conversations compete.',
  })
  candidateWindow: number;
  @ApiProperty({ enum: DELAY_BASES, example: 'LAST_MESSAGE' })
  delayBasis: string;
  @ApiProperty({ enum: COUNT_BASES, example: 'WAITING' })
  countBasis: string;
  @ApiProperty({ type: 'integer', example: 900 })
  gracePeriodSeconds: number;
  @ApiProperty({
    type: 'integer',
    example: 900,
    description: 'How long a conversation is not given again to the operator who gave it back.',
  })
  declineSeconds: number;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: null,
    description: 'After how many seconds without a sign of life an operator becomes OFFLINE; null: never.',
  })
  presenceTimeoutSeconds: number | null;
  @ApiProperty({ example: true, description: 'Whether holders can release and transfer conversations.' })
  operatorsMayHandOver: boolean;
  @ApiProperty({
    type: 'integer',
    example: 2,
    description: 'After how many conversations in a row that they did not accept an operator is PAUSED.',
  })
  missesBeforePause: number;
  @ApiProperty({ type: 'integer', example: 20, description: 'How many conversations an operator can park.' })
  maxParked: number;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 10,
    description:
      'How many waiting conversations are distributed to an operator within a minute, when they have room for them; null: ' +
      'all at once. What arrives does not count.',
  })
  backlogPerMinute: number | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 60,
    description:
      'After how many seconds an inbox counts as unattended in which something waits and nobody is AVAILABLE; null: never.',
  })
  unattendedSeconds: number | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: null,
    description: 'After how many days the customers of resolved conversations are erased; null: never.',
  })
  retentionDays: number | null;
  @ApiProperty({ example: false })
  autoSubscribe: boolean;
  @ApiProperty({ type: 'integer', nullable: true, example: null })
  defaultMaxLoad: number | null;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  defaultInboxId: string | null;
}

export class TenantResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  id: string;
  @ApiProperty({ example: 'Demo Tenant' })
  name: string;
  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'The id of the tenant at the identity provider.',
  })
  externalId: string | null;
  @ApiProperty({ example: false, description: 'Whether all its callers are refused and its work rests.' })
  isSuspended: boolean;
  @ApiProperty({ type: SettingsResponse })
  settings: SettingsResponse;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

export class NewTenant {
  @ApiProperty({ type: TenantResponse })
  tenant: TenantResponse;
  @ApiProperty({ type: OperatorResponse, description: 'The first ADMIN, who creates everything else.' })
  admin: OperatorResponse;
}

export function tenantResponse(tenant: Tenant): TenantResponse {
  return {
    id: tenant.id,
    name: tenant.name,
    externalId: tenant.externalId,
    isSuspended: tenant.isSuspended,
    settings: {
      alpha: tenant.alpha,
      beta: tenant.beta,
      normalization: tenant.normalization,
      maxMessageCount: tenant.maxMessageCount,
      maxDelayMinutes: tenant.maxDelayMinutes,
      candidateWindow: tenant.candidateWindow,
      delayBasis: tenant.delayBasis,
      countBasis: tenant.countBasis,
      gracePeriodSeconds: tenant.gracePeriodSeconds,
      declineSeconds: tenant.declineSeconds,
      presenceTimeoutSeconds: tenant.presenceTimeoutSeconds,
      operatorsMayHandOver: tenant.operatorsMayHandOver,
      missesBeforePause: tenant.missesBeforePause,
      maxParked: tenant.maxParked,
      backlogPerMinute: tenant.backlogPerMinute,
      unattendedSeconds: tenant.unattendedSeconds,
      retentionDays: tenant.retentionDays,
      autoSubscribe: tenant.autoSubscribe,
      defaultMaxLoad: tenant.defaultMaxLoad,
      defaultInboxId: tenant.defaultInboxId,
    },
    createdAt: tenant.createdAt.toISOString(),
    updatedAt: tenant.updatedAt.toISOString(),
  };
}

import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import { ROLES, type Role } from '../access/principal.js';

export const AVAILABILITIES = ['AVAILABLE', 'PAUSED', 'OFFLINE'] as const;
export type Availability = (typeof AVAILABILITIES)[number];

/** A person who handles conversations. */
@Entity('operators')
export class Operator {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('text')
  name: string;
  @Column('text', { nullable: true })
  email: string | null;
  /** What the identity provider calls them. */
  @Column('text', { nullable: true })
  externalId: string | null;
  @Column('text')
  role: Role;
  @Column('integer', { nullable: true })
  maxLoad: number | null;
  @Column('boolean', { default: true })
  isActive: boolean;
  @Column('text', { default: 'OFFLINE' })
  availability: Availability;
  @Column('text', { nullable: true })
  statusReason: string | null;
  /** The status they get when they hold nothing any more. */
  @Column('text', { nullable: true })
  nextStatus: 'OFFLINE' | null;
  @Column('timestamptz', { default: () => 'now()' })
  lastStatusChangeAt: Date;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz' })
  updatedAt: Date;
}

export class OperatorResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000011' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ example: 'Olivia Operator' })
  name: string;
  @ApiProperty({ type: String, nullable: true, example: 'olivia@demo.example' })
  email: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'auth0|65f0c0ffee5eed',
    description: 'What the identity provider calls them.',
  })
  externalId: string | null;
  @ApiProperty({ enum: ROLES, example: 'OPERATOR' })
  role: Role;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 3,
    description: 'How many conversations the operator can hold at once; null: no limit.',
  })
  maxLoad: number | null;
  @ApiProperty({ example: true })
  isActive: boolean;
  @ApiProperty({
    example: false,
    description: 'Whether conversations are still being queued again, after the operator was deactivated.',
  })
  isReleasing: boolean;
  @ApiProperty({ enum: AVAILABILITIES, example: 'AVAILABLE' })
  status: Availability;
  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why they have this status.' })
  statusReason: string | null;
  @ApiProperty({ format: 'date-time' })
  lastStatusChangeAt: string;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

/** @param isReleasing whether they are deactivated and still hold a conversation */
export function operatorResponse(operator: Operator, isReleasing: boolean): OperatorResponse {
  return {
    id: operator.id,
    tenantId: operator.tenantId,
    name: operator.name,
    email: operator.email,
    externalId: operator.externalId,
    role: operator.role,
    maxLoad: operator.maxLoad,
    isActive: operator.isActive,
    isReleasing,
    status: operator.availability,
    statusReason: operator.statusReason,
    lastStatusChangeAt: operator.lastStatusChangeAt.toISOString(),
    createdAt: operator.createdAt.toISOString(),
    updatedAt: operator.updatedAt.toISOString(),
  };
}

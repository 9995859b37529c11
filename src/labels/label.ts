import { ApiProperty } from '@nestjs/swagger';
import { Column, CreateDateColumn, DeleteDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** A label of an inbox for its conversations. It never changes its inbox; the attachments rely on that. */
@Entity('labels')
export class Label {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  id: string;
  @Column('uuid')
  inboxId: string;
  @Column('text')
  name: string;
  @Column('text', { nullable: true })
  color: string | null;
  /** null for labels from before this was recorded. */
  @Column('uuid', { nullable: true })
  createdBy: string | null;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
  @UpdateDateColumn({ type: 'timestamptz' })
  updatedAt: Date;
  /** A deleted label is still attached, in the table only, until the job has detached it. */
  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt: Date | null;
  /** The last conversation to which the job attached a new label, if it should be. null: it is done. */
  @Column('uuid', { nullable: true })
  attachedUpTo: string | null;
}

export class LabelResponse {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000201' })
  id: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000001' })
  tenantId: string;
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000101' })
  inboxId: string;
  @ApiProperty({ example: 'Refund' })
  name: string;
  @ApiProperty({ type: String, nullable: true, example: '#d97706' })
  color: string | null;
  @ApiProperty({
    example: false,
    description: 'Whether it is still being attached to existing conversations, after `attachToExisting`.',
  })
  isAttaching: boolean;
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    example: '019c8f00-0000-7000-8000-000000000014',
    description: 'The ADMIN who created it; null: it is older than this field.',
  })
  createdBy: string | null;
  @ApiProperty({ format: 'date-time' })
  createdAt: string;
  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

export function labelResponse(label: Label): LabelResponse {
  return {
    id: label.id,
    tenantId: label.tenantId,
    inboxId: label.inboxId,
    name: label.name,
    color: label.color,
    isAttaching: label.attachedUpTo !== null,
    createdBy: label.createdBy,
    createdAt: label.createdAt.toISOString(),
    updatedAt: label.updatedAt.toISOString(),
  };
}

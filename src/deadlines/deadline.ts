import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/**
 * The time for which an OFFLINE operator keeps a conversation. Transitions end it; SQL statements start and expire it.
 */
@Entity('grace_periods')
export class Deadline {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  conversationId: string;
  @Column('uuid')
  operatorId: string;
  @CreateDateColumn({ type: 'timestamptz' })
  startedAt: Date;
  @Column('timestamptz')
  expiresAt: Date;
}

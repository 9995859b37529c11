import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/**
 * GRACE: an OFFLINE holder keeps the conversation until then. ACCEPT: the holder must have accepted what was pushed.
 * REPLY: the holder must have replied. PARK: a parked conversation returns to its holder's load.
 */
export const DEADLINE_KINDS = ['GRACE', 'ACCEPT', 'REPLY', 'PARK'] as const;
export type DeadlineKind = (typeof DEADLINE_KINDS)[number];

/**
 * A moment by which something must have happened. It belongs to the holder of a conversation, so whatever takes the
 * conversation away ends it. SQL statements start and expire it.
 */
@Entity('deadlines')
export class Deadline {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  conversationId: string;
  @PrimaryColumn('text')
  kind: DeadlineKind;
  @Column('uuid')
  operatorId: string;
  @CreateDateColumn({ type: 'timestamptz' })
  startedAt: Date;
  @Column('timestamptz')
  expiresAt: Date;
}

import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A label of a conversation. It belongs to the same inbox; a move exchanges it by a statement. */
@Entity('conversation_labels')
export class ConversationLabel {
  @PrimaryColumn('uuid')
  tenantId: string;
  @PrimaryColumn('uuid')
  conversationId: string;
  @PrimaryColumn('uuid')
  labelId: string;
  @CreateDateColumn({ type: 'timestamptz' })
  createdAt: Date;
  /** A copy of the conversation's, so that there is an index by label in this order. */
  @Column('timestamptz')
  lastMessageAt: Date;
}

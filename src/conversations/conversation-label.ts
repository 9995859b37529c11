import { CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A label on a conversation of its inbox. A move exchanges it by a statement. */
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
}

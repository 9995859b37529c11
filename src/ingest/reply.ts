import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ConversationResponse } from '../conversations/conversation.js';
import { Warning } from '../customers/warning.js';
import {
  Given,
  ID_NUMBER,
  InboxIdGiven,
  InboxNumberGiven,
  NULL_OR_EMPTY,
  NUMBER,
  WARNED,
} from './message-fields.js';

/** The metadata of a reply to a customer, never its text. `null` and `""` mean "not given". */
export class Reply {
  @ApiProperty({
    description: "The thread's id in the orchestrator. A message of the customer must have begun the thread.",
    example: 'demo-5',
    anyOf: [{ type: 'string' }, ID_NUMBER],
  })
  externalConversationId: string | number;

  @InboxIdGiven()
  inboxId?: string | null;

  @InboxNumberGiven()
  inboxPhoneNumber?: string | null;

  @Given(
    'The id of the reply. A repeated id counts once in a conversation, for seven days. The ids of customer messages are ' +
      'apart from these.',
    'wamid.2',
    ID_NUMBER,
  )
  messageId?: string | number | null;

  @Given('When it was sent, as in a message. Without it, now.', '2026-03-02T09:40:00Z', NUMBER)
  occurredAt?: string | number | null;

  @ApiPropertyOptional({
    description:
      'The operator who replied. Without it, the holder. The reply of somebody else does not accept the conversation.',
    anyOf: [{ type: 'string', format: 'uuid' }, ...NULL_OR_EMPTY],
  })
  operatorId?: string | null;
}

/** A reply among the messages of a batch. */
export class ReplyOfBatch extends Reply {
  @ApiProperty({ enum: ['REPLY'], example: 'REPLY' })
  kind: 'REPLY';
}

export class ReplyResult {
  @ApiProperty({ type: ConversationResponse })
  conversation: ConversationResponse;
  @ApiProperty({ type: [Warning], description: WARNED, example: [] })
  warnings: readonly Warning[];
}

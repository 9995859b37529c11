import { Module } from '@nestjs/common';
import { ConversationLabelsController } from './conversation-labels.controller.js';
import { ConversationLabelsService } from './conversation-labels.service.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsService } from './conversations.service.js';

@Module({
  controllers: [ConversationsController, ConversationLabelsController],
  providers: [ConversationsService, ConversationLabelsService],
})
export class ConversationsModule {}

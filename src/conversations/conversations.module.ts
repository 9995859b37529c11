import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { InboxesModule } from '../inboxes/inboxes.module.js';
import { SearchModule } from '../search/search.module.js';
import { Label } from '../labels/label.js';
import { BoostsController } from './boosts.controller.js';
import { BoostsService } from './boosts.service.js';
import { ConversationExportsController } from './conversation-exports.controller.js';
import { ConversationExportsService } from './conversation-exports.service.js';
import { ConversationLabel } from './conversation-label.js';
import { ConversationLabelsController } from './conversation-labels.controller.js';
import { ConversationLabelsService } from './conversation-labels.service.js';
import { ConversationReader } from './conversation-reader.js';
import { ConversationRow } from './conversation.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsService } from './conversations.service.js';
import { QueueReader } from './queue-reader.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([ConversationRow, ConversationLabel, Label]),
    InboxesModule,
    SearchModule,
  ],
  controllers: [
    ConversationExportsController,
    ConversationsController,
    ConversationLabelsController,
    BoostsController,
  ],
  providers: [
    ConversationsService,
    ConversationExportsService,
    ConversationLabelsService,
    BoostsService,
    ConversationReader,
    QueueReader,
  ],
  exports: [ConversationReader, QueueReader, BoostsService, ConversationLabelsService],
})
export class ConversationsModule {}

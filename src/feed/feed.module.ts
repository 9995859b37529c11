import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { FeedController } from './feed.controller.js';
import { FeedService } from './feed.service.js';
import { StreamController } from './stream.controller.js';
import { StreamHub } from './stream-hub.js';

@Module({
  imports: [ConversationsModule],
  controllers: [FeedController, StreamController],
  providers: [FeedService, StreamHub],
})
export class FeedModule {}

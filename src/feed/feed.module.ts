import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { PresenceModule } from '../presence/presence.module.js';
import { FeedController } from './feed.controller.js';
import { FeedService } from './feed.service.js';
import { StreamController } from './stream.controller.js';
import { StreamPresences } from './stream-presences.js';
import { StreamHub } from './stream-hub.js';

@Module({
  imports: [ConversationsModule, PresenceModule],
  controllers: [FeedController, StreamController],
  providers: [FeedService, StreamHub, StreamPresences],
})
export class FeedModule {}

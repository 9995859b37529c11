import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { PresenceModule } from '../presence/presence.module.js';
import { FeedController } from './feed.controller.js';
import { FeedService } from './feed.service.js';
import { ForgetOldPositions } from './forget-old-positions.js';
import { StreamController } from './stream.controller.js';
import { StreamPresences } from './stream-presences.js';
import { TicketsController } from './tickets.controller.js';
import { StreamHub } from './stream-hub.js';

@Module({
  imports: [AccessModule, ConversationsModule, PresenceModule],
  controllers: [FeedController, StreamController, TicketsController],
  providers: [FeedService, ForgetOldPositions, StreamHub, StreamPresences],
  exports: [FeedService],
})
export class FeedModule {}

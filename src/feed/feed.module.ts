import { Module } from '@nestjs/common';
import { FeedController } from './feed.controller.js';
import { FeedService } from './feed.service.js';
import { StreamController } from './stream.controller.js';
import { StreamHub } from './stream-hub.js';

@Module({ controllers: [FeedController, StreamController], providers: [FeedService, StreamHub] })
export class FeedModule {}

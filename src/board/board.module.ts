import { Module } from '@nestjs/common';
import { FeedModule } from '../feed/feed.module.js';
import { BoardController } from './board.controller.js';
import { BoardService } from './board.service.js';

@Module({ imports: [FeedModule], controllers: [BoardController], providers: [BoardService] })
export class BoardModule {}

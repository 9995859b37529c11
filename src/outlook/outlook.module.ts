import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { ForgetOutlooks } from './forget-outlooks.js';
import { OutlookFold } from './outlook-fold.js';
import { OutlookController } from './outlook.controller.js';
import { OutlookStatisticsService } from './outlook-statistics.service.js';
import { OutlookService } from './outlook.service.js';

@Module({
  imports: [ConversationsModule],
  controllers: [OutlookController],
  providers: [OutlookService, OutlookStatisticsService, OutlookFold, ForgetOutlooks],
})
export class OutlookModule {}

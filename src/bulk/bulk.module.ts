import { Module } from '@nestjs/common';
import { AllocationModule } from '../allocation/allocation.module.js';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { InboxesModule } from '../inboxes/inboxes.module.js';
import { BulkPlanner } from './bulk-planner.js';
import { BulkRuns } from './bulk-runs.js';
import { BulkController } from './bulk.controller.js';
import { BulkService } from './bulk.service.js';

@Module({
  imports: [AllocationModule, ConversationsModule, InboxesModule],
  controllers: [BulkController],
  providers: [BulkPlanner, BulkRuns, BulkService],
})
export class BulkModule {}

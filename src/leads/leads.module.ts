import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/conversations.module.js';
import { LeadMerges } from './lead-merges.js';
import { LeadsController } from './leads.controller.js';
import { LeadsService } from './leads.service.js';
import { Retention } from './retention.js';

@Module({
  imports: [ConversationsModule],
  controllers: [LeadsController],
  providers: [LeadsService, LeadMerges, Retention],
})
export class LeadsModule {}

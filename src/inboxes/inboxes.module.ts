import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DistributionModule } from '../distribution/distribution.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { InboxReader } from './inbox-reader.js';
import { Inbox } from './inbox.js';
import { InboxesController } from './inboxes.controller.js';
import { InboxesService } from './inboxes.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Inbox]), DistributionModule, QuotasModule],
  controllers: [InboxesController],
  providers: [InboxesService, InboxReader],
  exports: [InboxReader],
})
export class InboxesModule {}

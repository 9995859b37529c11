import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { InboxesModule } from '../inboxes/inboxes.module.js';
import { LabelChanges } from './label-changes.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { Label } from './label.js';
import { LabelsController } from './labels.controller.js';
import { LabelsService } from './labels.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Label]), InboxesModule, QuotasModule],
  controllers: [LabelsController],
  providers: [LabelsService, LabelChanges],
})
export class LabelsModule {}

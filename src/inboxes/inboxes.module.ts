import { Module } from '@nestjs/common';
import { DistributionModule } from '../distribution/distribution.module.js';
import { InboxesController } from './inboxes.controller.js';
import { InboxesService } from './inboxes.service.js';

@Module({ imports: [DistributionModule], controllers: [InboxesController], providers: [InboxesService] })
export class InboxesModule {}

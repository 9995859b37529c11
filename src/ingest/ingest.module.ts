import { Module } from '@nestjs/common';
import { IngestController } from './ingest.controller.js';
import { RepliesController } from './replies.controller.js';
import { IngestService } from './ingest.service.js';

@Module({ controllers: [IngestController, RepliesController], providers: [IngestService] })
export class IngestModule {}

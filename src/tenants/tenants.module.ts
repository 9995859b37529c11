import { Module } from '@nestjs/common';
import { TenantsController } from './tenants.controller.js';
import { QueueReranker } from './queue-reranker.js';
import { TenantsService } from './tenants.service.js';

@Module({ controllers: [TenantsController], providers: [TenantsService, QueueReranker] })
export class TenantsModule {}

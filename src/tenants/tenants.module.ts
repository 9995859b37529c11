import { Module } from '@nestjs/common';
import { QueueModule } from '../queue/queue.module.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsService } from './tenants.service.js';

@Module({ imports: [QueueModule], controllers: [TenantsController], providers: [TenantsService] })
export class TenantsModule {}

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { InboxesModule } from '../inboxes/inboxes.module.js';
import { Operator } from '../operators/operator.js';
import { OperatorsModule } from '../operators/operators.module.js';
import { PresenceModule } from '../presence/presence.module.js';
import { Admins } from './admins.js';
import { TenantDeletion } from './tenant-deletion.js';
import { TenantLifeService } from './tenant-life.service.js';
import { MeController } from './me.controller.js';
import { MeService } from './me.service.js';
import { Tenant } from './tenant.js';
import { TenantsController } from './tenants.controller.js';
import { TenantsService } from './tenants.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Tenant, Operator]), OperatorsModule, PresenceModule, InboxesModule],
  controllers: [MeController, TenantsController],
  providers: [MeService, TenantsService, TenantLifeService, Admins, TenantDeletion],
})
export class TenantsModule {}

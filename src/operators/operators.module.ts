import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { DistributionModule } from '../distribution/distribution.module.js';
import { DeadlinesModule } from '../deadlines/deadlines.module.js';
import { PresenceModule } from '../presence/presence.module.js';
import { QuotasModule } from '../quotas/quotas.module.js';
import { AvailabilityController } from './availability.controller.js';
import { AvailabilityService } from './availability.service.js';
import { LeftBehind } from './left-behind.js';
import { IdleLeavers } from './idle-leavers.js';
import { Leaving } from './leaving.js';
import { OperatorRelease } from './operator-release.js';
import { OperatorChanges } from './operator-changes.js';
import { OperatorReader } from './operator-reader.js';
import { OperatorSetup } from './operator-setup.js';
import { Operator } from './operator.js';
import { PresenceController } from './presence.controller.js';
import { PresenceSweep } from './presence-sweep.js';
import { OperatorsController } from './operators.controller.js';
import { OperatorsService } from './operators.service.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([Operator]),
    DistributionModule,
    DeadlinesModule,
    PresenceModule,
    QuotasModule,
    ApiKeysModule,
    WebhooksModule,
  ],
  controllers: [AvailabilityController, OperatorsController, PresenceController],
  providers: [
    AvailabilityService,
    Leaving,
    OperatorsService,
    OperatorChanges,
    OperatorSetup,
    LeftBehind,
    OperatorReader,
    OperatorRelease,
    IdleLeavers,
    PresenceSweep,
  ],
  exports: [OperatorReader],
})
export class OperatorsModule {}

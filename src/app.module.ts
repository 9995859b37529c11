import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AccessModule } from './access/access.module.js';
import { AllocationModule } from './allocation/allocation.module.js';
import { AuditModule } from './audit/audit.module.js';
import { ApiKeysModule } from './api-keys/api-keys.module.js';
import { BoardModule } from './board/board.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Environment } from './config/environment.js';
import { BulkModule } from './bulk/bulk.module.js';
import { ConversationsModule } from './conversations/conversations.module.js';
import { DatabaseModule } from './database/database.module.js';
import { FeedModule } from './feed/feed.module.js';
import { DeadlinesModule } from './deadlines/deadlines.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { InboxesModule } from './inboxes/inboxes.module.js';
import { IngestModule } from './ingest/ingest.module.js';
import { LabelsModule } from './labels/labels.module.js';
import { LeadsModule } from './leads/leads.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { OperatorsModule } from './operators/operators.module.js';
import { OutlookModule } from './outlook/outlook.module.js';
import { QueueModule } from './queue/queue.module.js';
import { SchedulingModule } from './scheduling/scheduling.module.js';
import { SecretsModule } from './secrets/secrets.module.js';
import { StatsModule } from './stats/stats.module.js';
import { SubscriptionsModule } from './subscriptions/subscriptions.module.js';
import { TenantsModule } from './tenants/tenants.module.js';
import { WaitsModule } from './waits/waits.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

@Module({})
export class AppModule {
  static with(environment: Environment, source: DataSource): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(environment),
        // The source is connected already, so that a database that is unavailable at the start gives one line without
        // retries.
        TypeOrmModule.forRootAsync({
          useFactory: () => source.options,
          dataSourceFactory: () => Promise.resolve(source),
        }),
        DatabaseModule,
        SchedulingModule,
        SecretsModule,
        QueueModule,
        AccessModule,
        IdempotencyModule,
        // The modules have the order of the tags, because Swagger UI shows routes in this order.
        IngestModule,
        AllocationModule,
        BulkModule,
        ConversationsModule,
        LeadsModule,
        OperatorsModule,
        DeadlinesModule,
        WaitsModule,
        InboxesModule,
        SubscriptionsModule,
        LabelsModule,
        StatsModule,
        BoardModule,
        OutlookModule,
        FeedModule,
        WebhooksModule,
        TenantsModule,
        ApiKeysModule,
        AuditModule,
        OperationsModule,
      ],
    };
  }
}

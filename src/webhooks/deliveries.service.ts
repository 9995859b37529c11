import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, type Repository } from 'typeorm';
import type { OperatorPrincipal } from '../access/principal.js';
import { Database } from '../database/database.js';
import { rowsOf, sql } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { NotFound } from '../http/problem.js';
import { countRows, withTotal } from '../http/total.js';
import { deliveryResponse, WebhookDelivery, type DeliveryResponse } from './webhook-delivery.js';
import type { DeliveriesQuery } from './webhook-requests.js';
import { WebhookReader } from './webhook-reader.js';

/** Makes a delivery due now, whatever its status. $1 tenant, $2 webhook, $3 delivery */
const REDELIVER = sql`
  update webhook_deliveries set status = 'PENDING', next_attempt_at = now(), keep_until = null
  where tenant_id = $1 and webhook_id = $2 and id = $3`;

/** To be counted. $1 tenant, $2 webhook, $3 status or null */
const DELIVERIES = sql`
  select $3::text is null or d.status = $3 as is_found from webhook_deliveries d
  where d.tenant_id = $1 and d.webhook_id = $2
  order by d.id desc`;

@Injectable()
export class DeliveriesService {
  constructor(
    private readonly database: Database,
    private readonly webhooks: WebhookReader,
    @InjectRepository(WebhookDelivery) private readonly deliveries: Repository<WebhookDelivery>,
  ) {}

  /** Newest first. */
  list(
    { tenantId }: OperatorPrincipal,
    webhookId: string,
    { status, limit, cursor, count }: DeliveriesQuery,
  ): Promise<Page<DeliveryResponse>> {
    const scope = ['webhook-deliveries', tenantId, webhookId, status ?? null];
    const before = cursor === undefined ? null : String(decodeCursor(scope, cursor, ['id'])[0]);
    return this.database.inTenant(tenantId, async (tx) => {
      await this.webhooks.get(tenantId, webhookId);
      const deliveries = await this.deliveries.find({
        where: {
          tenantId,
          webhookId,
          ...(status === undefined ? {} : { status }),
          ...(before === null ? {} : { id: LessThan(before) }),
        },
        order: { id: 'DESC' },
        take: limit + 1,
      });
      const page = pageOf(deliveries, limit, scope, ({ id }) => [id], deliveryResponse);
      const values = [tenantId, webhookId, status ?? null];
      return withTotal(page, { count }, () => countRows(tx, DELIVERIES, values, status !== undefined));
    });
  }

  /** Adds one attempt outside of the schedule. When it fails, the schedule continues unchanged. */
  redeliver({ tenantId }: OperatorPrincipal, webhookId: string, id: string): Promise<DeliveryResponse> {
    return this.database.inTenant(tenantId, async (tx) => {
      await this.webhooks.get(tenantId, webhookId);
      await rowsOf(tx, REDELIVER, [tenantId, webhookId, id]);
      const delivery = await this.deliveries.findOneBy({ tenantId, webhookId, id });
      if (delivery === null) throw new NotFound('delivery', id);
      return deliveryResponse(delivery);
    });
  }
}

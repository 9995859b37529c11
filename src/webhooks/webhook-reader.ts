import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { LOCK_ROW } from '../database/lock-row.js';
import { NotFound } from '../http/problem.js';
import { Webhook } from './webhook.js';

/** Reads webhooks in the transaction of the caller. */
@Injectable()
export class WebhookReader {
  constructor(@InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>) {}

  /** @param lock for a webhook that is changed next */
  async get(tenantId: string, id: string, lock: typeof LOCK_ROW | object = {}): Promise<Webhook> {
    const webhook = await this.webhooks.findOne({ where: { tenantId, id }, ...lock });
    if (webhook === null) throw new NotFound('webhook', id);
    return webhook;
  }
}

import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { NotFound } from '../http/problem.js';
import { Webhook } from './webhook.js';

/** Reads webhooks in the transaction of the caller. */
@Injectable()
export class WebhookReader {
  constructor(@InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>) {}

  async get(tenantId: string, id: string): Promise<Webhook> {
    const webhook = await this.webhooks.findOneBy({ tenantId, id });
    if (webhook === null) throw new NotFound('webhook', id);
    return webhook;
  }
}

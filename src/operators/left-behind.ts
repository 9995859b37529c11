import { Injectable } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { OperatorPrincipal } from '../access/principal.js';
import { ApiKeysService, revokeKeys } from '../api-keys/api-keys.service.js';
import type { Transaction } from '../database/database.js';
import { WebhooksService } from '../webhooks/webhooks.service.js';
import { OperatorResponse } from './operator.js';

export class CreatedApiKey {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000501' })
  id: string;
  @ApiProperty({ example: 'orchestrator' })
  name: string;
}

export class CreatedWebhook {
  @ApiProperty({ format: 'uuid', example: '019c8f00-0000-7000-8000-000000000601' })
  id: string;
  @ApiProperty({
    example: 'desk.example.com',
    description: 'The host of its URL, which can have secrets in it.',
  })
  host: string;
}

export class UpdatedOperator extends OperatorResponse {
  @ApiPropertyOptional({
    type: [CreatedApiKey],
    description:
      'Only with `isActive: false`: the API keys that the operator created and that were not revoked. They stay valid, ' +
      'unless the request has `revokeKeys: true`.',
  })
  createdApiKeys?: CreatedApiKey[];
  @ApiPropertyOptional({
    type: [CreatedWebhook],
    description:
      'Only with `isActive: false`: the webhooks that the operator created. They stay, unless the request has ' +
      '`revokeKeys: true`.',
  })
  createdWebhooks?: CreatedWebhook[];
}

/** What somebody who is deactivated has created and could still use, or let others use. */
@Injectable()
export class LeftBehind {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly webhooks: WebhooksService,
  ) {}

  /**
   * Lists the API keys and webhooks of the operator, in the transaction that deactivates them.
   * @param takeAlong whether to revoke and delete them too
   */
  async of(
    tx: Transaction,
    admin: OperatorPrincipal,
    operatorId: string,
    takeAlong: boolean,
  ): Promise<Required<Pick<UpdatedOperator, 'createdApiKeys' | 'createdWebhooks'>>> {
    const { tenantId } = admin;
    const keys = await this.apiKeys.madeBy(tenantId, operatorId);
    const webhooks = await this.webhooks.madeBy(tenantId, operatorId);
    if (takeAlong) {
      await revokeKeys(tx, admin, keys);
      await this.webhooks.markDeleted(tx, tenantId, webhooks);
      if (webhooks.length > 0) await this.webhooks.deleteRest();
    }
    return {
      createdApiKeys: keys.map(({ id, name }) => ({ id, name })),
      createdWebhooks: webhooks.map(({ id, url }) => ({ id, host: new URL(url).host })),
    };
  }
}

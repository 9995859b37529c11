import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, MoreThan, Not, type Repository } from 'typeorm';
import type { OperatorPrincipal } from '../access/principal.js';
import { recordChange } from '../audit/record-change.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { LOCK_ROW } from '../database/lock-row.js';
import { rowsOf, sql } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import type { PageQuery } from '../http/page-query.js';
import { ValidationFailed } from '../http/problem.js';
import { countRows, withTotal } from '../http/total.js';
import { InboxReader } from '../inboxes/inbox-reader.js';
import { assignPositions } from '../ledger/assign-positions.js';
import { endOfFeed } from '../ledger/read-feed.js';
import { Quotas } from '../quotas/quotas.js';
import { GuardedPost } from './guarded-post.js';
import { placeOf } from '../secrets/secret-columns.js';
import { SecretKeys, SecretUnreadable } from '../secrets/secret-keys.js';
import type { CreateWebhook, UpdateWebhook } from './webhook-requests.js';
import { Jobs } from '../scheduling/jobs.js';
import { DELETE_WEBHOOKS, DELETION_BATCH, WebhookDeletion } from './webhook-deletion.js';
import { WebhookReader } from './webhook-reader.js';
import { Webhook, webhookResponse, type NewWebhook, type WebhookResponse } from './webhook.js';

/** Two rotations come one after the other. $1 tenant, $2 webhook */
const LOCK_SECRET = sql`select secret from webhooks where tenant_id = $1 and id = $2 for no key update`;

/**
 * Keeps the previous secret valid for a day, so that receivers have time to switch. $1 tenant, $2 webhook, $3 new
 * secret, $4 previous secret, or null
 */
const ROTATE_SECRET = sql`
  update webhooks
  set secret = $3, former_secret = $4, updated_at = now(),
    former_secret_expires_at = now() + case when $4::text is not null then interval '24 hours' end
  where tenant_id = $1 and id = $2`;

/** $1 tenant, $2 webhook */
const MARK_DELETED = sql`
  update webhooks set deleted_at = now(), enabled = false, updated_at = now()
  where tenant_id = $1 and id = $2`;

/** To be counted. */
const ALL_WEBHOOKS = sql`
  select true as is_found from webhooks w where w.tenant_id = $1 and w.deleted_at is null order by w.id`;

@Injectable()
export class WebhooksService {
  constructor(
    private readonly database: Database,
    private readonly guard: GuardedPost,
    private readonly inboxes: InboxReader,
    private readonly reader: WebhookReader,
    private readonly jobs: Jobs,
    private readonly quotas: Quotas,
    private readonly secrets: SecretKeys,
    @InjectRepository(Webhook) private readonly webhooks: Repository<Webhook>,
  ) {}

  async create({ tenantId, operatorId }: OperatorPrincipal, request: CreateWebhook): Promise<NewWebhook> {
    await this.checkUrl(tenantId, request.url);
    const id = newId();
    const secret = newSecret();
    const { inboxId } = request;
    // A rejected request must change nothing, so this check comes before any write. Inboxes are never deleted.
    if (typeof inboxId === 'string')
      await this.database.inTenant(tenantId, () => this.inboxes.get(tenantId, inboxId));
    // A new webhook delivers future events only, so all earlier events must get their feed positions first.
    await this.database.outsideTransaction(() => assignPositions(this.database, tenantId));
    return this.database.inTenant(tenantId, async (tx) => {
      const position = (await endOfFeed(tx, tenantId)).toString();
      await this.webhooks.insert({
        enabled: true,
        ...request,
        tenantId,
        id,
        secret: this.secrets.seal(secret, placeOf(['webhooks', 'secret'], tenantId, id)),
        createdBy: operatorId,
        position,
      });
      const created = await this.reader.get(tenantId, id);
      await recordChange(tx, tenantId, 'webhook.created', null, created);
      await this.quotas.check(tx, tenantId, 'webhooks');
      return { ...webhookResponse(created), secret };
    });
  }

  /** Oldest first. */
  list({ tenantId }: OperatorPrincipal, query: PageQuery): Promise<Page<WebhookResponse>> {
    const scope = ['webhooks', tenantId];
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(tenantId, async (tx) => {
      const webhooks = await this.webhooks.find({
        where: { tenantId, id: MoreThan(after) },
        order: { id: 'ASC' },
        take: query.limit + 1,
      });
      const page = pageOf(webhooks, query.limit, scope, ({ id }) => [id], webhookResponse);
      return withTotal(page, query, () => countRows(tx, ALL_WEBHOOKS, [tenantId]));
    });
  }

  get({ tenantId }: OperatorPrincipal, id: string): Promise<WebhookResponse> {
    return this.database.inTenant(tenantId, async () => webhookResponse(await this.reader.get(tenantId, id)));
  }

  async update(
    { tenantId }: OperatorPrincipal,
    id: string,
    request: UpdateWebhook,
  ): Promise<WebhookResponse> {
    if (request.url !== undefined) await this.checkUrl(tenantId, request.url);
    // A person set the status, so the reason of the service no longer applies.
    const decided = request.enabled === undefined ? {} : { disabledReason: null };
    return this.database.inTenant(tenantId, async (tx) => {
      const before = await this.reader.get(tenantId, id, LOCK_ROW);
      await this.webhooks.update({ tenantId, id }, { ...request, ...decided });
      const after = await this.reader.get(tenantId, id);
      await recordChange(tx, tenantId, 'webhook.updated', before, after);
      return webhookResponse(after);
    });
  }

  /** It is gone at once and sends nothing more. A job deletes the deliveries that are more than a batch. */
  async delete({ tenantId }: OperatorPrincipal, id: string): Promise<void> {
    const isRestLeft = await this.database.inTenant(tenantId, async (tx) => {
      await this.markDeleted(tx, tenantId, [await this.reader.get(tenantId, id, LOCK_ROW)]);
      await rowsOf(tx, DELETE_WEBHOOKS, [tenantId, DELETION_BATCH]);
      return this.webhooks.exists({ where: { tenantId, deletedAt: Not(IsNull()) }, withDeleted: true });
    });
    if (isRestLeft) await this.deleteRest();
  }

  /** The webhooks that an operator created, locked in the transaction of the caller. */
  madeBy(tenantId: string, createdBy: string): Promise<Webhook[]> {
    return this.webhooks.find({ where: { tenantId, createdBy }, order: { id: 'ASC' }, ...LOCK_ROW });
  }

  /** In the transaction of the caller, with the webhooks locked. The job deletes their rows. */
  async markDeleted(tx: Transaction, tenantId: string, webhooks: readonly Webhook[]): Promise<void> {
    for (const webhook of webhooks) {
      await rowsOf(tx, MARK_DELETED, [tenantId, webhook.id]);
      await recordChange(tx, tenantId, 'webhook.deleted', webhook, null);
    }
  }

  /** Deletes the rows of webhooks that are marked as deleted, after the COMMIT. */
  deleteRest(): Promise<void> {
    return this.database.afterCommit(() => this.jobs.soon(WebhookDeletion));
  }

  rotateSecret({ tenantId }: OperatorPrincipal, id: string): Promise<NewWebhook> {
    const secret = newSecret();
    return this.database.inTenant(tenantId, async (tx) => {
      const [current] = await rowsOf<{ secret: string }>(tx, LOCK_SECRET, [tenantId, id]);
      const former = current === undefined ? null : this.asFormer(current.secret, tenantId, id);
      const sealed = this.secrets.seal(secret, placeOf(['webhooks', 'secret'], tenantId, id));
      await rowsOf(tx, ROTATE_SECRET, [tenantId, id, sealed, former]);
      const webhook = await this.reader.get(tenantId, id);
      const rotated = { ...webhook, secret: sealed };
      await recordChange(
        tx,
        tenantId,
        'webhook.secret-rotated',
        { ...rotated, secret: current?.secret },
        rotated,
      );
      return { ...webhookResponse(webhook), secret };
    });
  }

  /** @returns null when the secret cannot be read: a rotation then mends the webhook */
  private asFormer(stored: string, tenantId: string, id: string): string | null {
    try {
      const secret = this.secrets.open(stored, placeOf(['webhooks', 'secret'], tenantId, id));
      return this.secrets.seal(secret, placeOf(['webhooks', 'former_secret'], tenantId, id));
    } catch (error) {
      if (error instanceof SecretUnreadable) return null;
      throw error;
    }
  }

  /** Runs outside of any transaction, because a name server can be slow. */
  private async checkUrl(tenantId: string, url: string): Promise<void> {
    const refusal = await this.database.outsideTransaction(() => this.guard.refusalOf(tenantId, url));
    if (refusal !== null) {
      throw new ValidationFailed([{ field: 'url', message: `url is not allowed: ${refusal}` }]);
    }
  }
}

/** 256 bits; Standard Webhooks require at least 192. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

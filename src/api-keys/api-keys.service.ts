import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, MoreThan, type Repository } from 'typeorm';
import { hashOf, newSecret, publicPrefix } from '../access/api-key.js';
import type { OperatorPrincipal } from '../access/principal.js';
import { DEFAULT_KEY_SCOPES, KEY_SCOPES } from '../access/key-scopes.js';
import { recordChange } from '../audit/record-change.js';
import { Database, type Transaction } from '../database/database.js';
import { LOWEST_ID, newId } from '../database/id.js';
import { LOCK_ROW } from '../database/lock-row.js';
import { rowsOf, sql } from '../database/statement.js';
import { decodeCursor, pageOf, type Page } from '../http/cursor.js';
import { momentOf } from '../http/fields.js';
import type { PageQuery } from '../http/page-query.js';
import { NotFound, ValidationFailed } from '../http/problem.js';
import { countRows, withTotal } from '../http/total.js';
import { Quotas } from '../quotas/quotas.js';
import { placeOf } from '../secrets/secret-columns.js';
import { SecretKeys } from '../secrets/secret-keys.js';
import type { CreateApiKey } from './api-key-requests.js';
import { ApiKey, apiKeyResponse, type ApiKeyResponse, type NewApiKey } from './api-key.js';

/** Uses the clock of the database, because that clock also decides when the key expires. */
const IS_AHEAD = sql`select $1::timestamptz > now() as is_ahead`;

/** Its signed requests cannot be repeated any more. $1 tenant, $2 key, $3 who revokes it */
const REVOKE = sql`
  with repeatable as (delete from signed_requests where tenant_id = $1 and api_key_id = $2)
  update api_keys set revoked_at = now(), revoked_by = $3 where tenant_id = $1 and id = $2`;

/** To be counted. */
const ALL_KEYS = sql`select true as is_found from api_keys k where k.tenant_id = $1 order by k.id`;

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly quotas: Quotas,
    private readonly secrets: SecretKeys,
    @InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>,
  ) {}

  create(
    { tenantId, operatorId }: OperatorPrincipal,
    { name, requestSigning = false, scopes = [...DEFAULT_KEY_SCOPES], ...request }: CreateApiKey,
  ): Promise<NewApiKey> {
    const expiresAt = typeof request.expiresAt === 'string' ? momentOf('expiresAt', request.expiresAt) : null;
    const id = newId();
    const secret = newSecret();
    const signingSecret = requestSigning ? `whsec_${randomBytes(32).toString('base64')}` : null;
    const secretHash = hashOf(secret);
    const stored =
      signingSecret === null
        ? null
        : this.secrets.seal(signingSecret, placeOf(['api_keys', 'signing_secret'], tenantId, id));
    const key = {
      tenantId,
      id,
      name,
      scopes: KEY_SCOPES.filter((scope) => scopes.includes(scope)),
      secretHash,
      signingSecret: stored,
      expiresAt,
      createdBy: operatorId,
    };
    return this.database.inTenant(tenantId, async (tx) => {
      if (expiresAt !== null) {
        const [time] = await rowsOf<{ is_ahead: boolean }>(tx, IS_AHEAD, [expiresAt]);
        if (time?.is_ahead !== true) {
          throw new ValidationFailed([{ field: 'expiresAt', message: 'expiresAt must be in the future' }]);
        }
      }
      await this.keys.insert(key);
      const made = await this.keys.findOneByOrFail({ tenantId, id });
      await recordChange(tx, tenantId, 'api-key.created', null, auditedKey(made));
      await this.quotas.check(tx, tenantId, 'apiKeys');
      return { ...apiKeyResponse(made), key: `${publicPrefix(tenantId, id)}_${secret}`, signingSecret };
    });
  }

  /** Oldest first. */
  list({ tenantId }: OperatorPrincipal, query: PageQuery): Promise<Page<ApiKeyResponse>> {
    const scope = ['api-keys', tenantId];
    const after =
      query.cursor === undefined ? LOWEST_ID : String(decodeCursor(scope, query.cursor, ['id'])[0]);
    return this.database.inTenant(tenantId, async (tx) => {
      const keys = await this.keys.find({
        where: { tenantId, id: MoreThan(after) },
        order: { id: 'ASC' },
        take: query.limit + 1,
      });
      const page = pageOf(keys, query.limit, scope, (key) => [key.id], apiKeyResponse);
      return withTotal(page, query, () => countRows(tx, ALL_KEYS, [tenantId]));
    });
  }

  /** Takes effect with the next request. A revoked key stays listed. */
  revoke(admin: OperatorPrincipal, id: string): Promise<void> {
    const { tenantId } = admin;
    return this.database.inTenant(tenantId, async (tx) => {
      const key = await this.keys.findOne({ where: { tenantId, id, revokedAt: IsNull() }, ...LOCK_ROW });
      if (key === null) throw new NotFound('API key', id);
      await revokeKeys(tx, admin, [key]);
    });
  }

  /** The keys that an operator created and that are not revoked, locked in the transaction of the caller. */
  madeBy(tenantId: string, createdBy: string): Promise<ApiKey[]> {
    return this.keys.find({
      where: { tenantId, createdBy, revokedAt: IsNull() },
      order: { id: 'ASC' },
      ...LOCK_ROW,
    });
  }
}

/** In the transaction of the caller, with the keys locked. */
export async function revokeKeys(
  tx: Transaction,
  { tenantId, operatorId }: OperatorPrincipal,
  keys: readonly ApiKey[],
): Promise<void> {
  for (const key of keys) {
    await rowsOf(tx, REVOKE, [tenantId, key.id, operatorId]);
    const before = auditedKey(key);
    await recordChange(tx, tenantId, 'api-key.revoked', before, { ...before, isRevoked: true });
  }
}

/** A key as the audit shows it. */
function auditedKey({ id, name, scopes, signingSecret, expiresAt, revokedAt }: ApiKey) {
  const [requestSigning, isRevoked] = [signingSecret !== null, revokedAt !== null];
  return { id, name, scopes, requestSigning, expiresAt, isRevoked };
}

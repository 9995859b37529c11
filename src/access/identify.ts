import { Inject, Injectable } from '@nestjs/common';
import { isUUID } from 'class-validator';
import type { IncomingHttpHeaders } from 'node:http';
import { ENVIRONMENT } from '../config/environment-token.js';
import type { Environment } from '../config/environment.js';
import { Database } from '../database/database.js';
import { BatchedLookup } from '../database/batched-lookup.js';
import { Problem } from '../http/problem.js';
import { parseApiKey, type ApiKeyParts } from './api-key.js';
import { ApiKeyVerifier, type Proof, type RequestHead } from './api-key-verifier.js';
import { findCallers, findEachCaller, idOrNull, type CallerRow, type ClaimedCaller } from './find-callers.js';
import { DEFAULT_KEY_SCOPES } from './key-scopes.js';
import {
  identityOf,
  operatorIdentity,
  type OperatorPrincipal,
  type Principal,
  type ServicePrincipal,
} from './principal.js';
import { bearerOf, isSameSecret } from './same-secret.js';
import { parseEventTicket } from './event-ticket.js';
import { EventTickets } from './event-tickets.js';
import { PREFIX } from './routes.js';
import { tenantSuspended } from './tenant-suspended.js';
import { TokenVerifier } from './token-verifier.js';
import { unauthenticated } from './unauthenticated.js';

/** Lookups use at most two connections. Callers who arrive while both are busy wait and share the next round trip. */
const ROUND_TRIPS_AT_ONCE = 2;

/** Resolves when a request of the caller can run. */
export type Enter = (tenantId: string, identity: string) => Promise<void>;

/**
 * Identifies the caller by the headers, and by the body when the request is signed. The error UNAUTHENTICATED never
 * says which part was wrong.
 */
@Injectable()
export class Identify {
  private readonly callers = new BatchedLookup<ClaimedCaller, CallerRow>(
    ROUND_TRIPS_AT_ONCE,
    ({ tenant }) => tenant,
    (claimed) =>
      this.environment.database.isDistributed
        ? findEachCaller(this.database, claimed)
        : findCallers(this.database, claimed),
  );

  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    private readonly database: Database,
    private readonly apiKeys: ApiKeyVerifier,
    private readonly tokens: TokenVerifier,
    private readonly tickets: EventTickets,
  ) {}

  /**
   * The key that somebody could guess by trying; null without one. A token is known by its signature, without a lookup,
   * and whom a gateway names is not looked at for keys.
   */
  guessableKey(headers: IncomingHttpHeaders): string | null {
    const bearer = bearerOf(headers.authorization);
    if (bearer === undefined || /^[^.]+\.[^.]+\.[^.]*$/.test(bearer)) return null;
    return this.environment.auth.mode === 'trusted-headers' && hasGatewayHeaders(headers) ? null : bearer;
  }

  /**
   * @param enter counts the request, as soon as it is proven whose it is
   * @returns a proof for callers who sign their requests, because the body is not known yet
   */
  async caller(head: RequestHead, enter: Enter): Promise<Principal | Proof> {
    const { headers } = head;
    const ticket = ticketOf(head.url);
    if (ticket !== null) return this.fromTicket(ticket, headers, enter);
    const bearer = bearerOf(headers.authorization);
    const isPlatform = bearer !== undefined && this.isPlatformKey(bearer);
    const apiKey = bearer === undefined ? null : parseApiKey(bearer);
    const trustsGateway = this.environment.auth.mode === 'trusted-headers';
    // Two different credentials in one request are ambiguous, so the request is rejected.
    if ((isPlatform || apiKey !== null) && trustsGateway && hasGatewayHeaders(headers)) {
      throw unauthenticated('both credentials');
    }
    if (isPlatform) return { kind: 'platform' };
    if (apiKey !== null) return this.service(apiKey, head, enter);
    if (trustsGateway && hasGatewayHeaders(headers)) return this.fromGateway(headers, enter);
    if (bearer === undefined) throw unauthenticated('no credentials');
    return this.fromToken(bearer, enter);
  }

  /**
   * Reads the headers of a gateway that has authenticated the caller. They must name either an operator or a service.
   */
  private async fromGateway(headers: IncomingHttpHeaders, enter: Enter): Promise<Principal> {
    if (!this.isFromGateway(headers['x-gateway-secret'])) throw unauthenticated('gateway secret');
    const tenantId = headers['x-tenant-id'];
    const operatorId = headers['x-operator-id'];
    const service = headers['x-service'];
    if (typeof tenantId !== 'string' || !isUUID(tenantId)) throw unauthenticated('gateway headers');
    if ((operatorId === undefined) === (service === undefined)) throw unauthenticated('gateway headers');
    if (typeof service === 'string') {
      if (!/^[A-Za-z0-9._-]{1,64}$/.test(service)) throw unauthenticated('gateway headers');
      return this.gatewayService(tenantId.toLowerCase(), service, enter);
    }
    if (typeof operatorId !== 'string' || !isUUID(operatorId)) throw unauthenticated('gateway headers');
    return this.operatorById(tenantId.toLowerCase(), operatorId.toLowerCase(), enter);
  }

  private async operatorById(tenant: string, operator: string, enter: Enter): Promise<OperatorPrincipal> {
    const identity = operatorIdentity(operator);
    await enter(tenant, identity);
    return this.getOperator({ tenant, operator, isFromToken: false, identity });
  }

  private async gatewayService(tenantId: string, name: string, enter: Enter): Promise<ServicePrincipal> {
    const principal: ServicePrincipal = {
      kind: 'service',
      tenantId,
      name,
      apiKeyId: null,
      signedId: null,
      scopes: DEFAULT_KEY_SCOPES,
    };
    const identity = identityOf(principal);
    await enter(tenantId, identity);
    const caller = { tenant: tenantId, operator: null, isFromToken: false, identity };
    const { is_suspended } = await this.getCaller(caller);
    if (is_suspended) throw tenantSuspended();
    return principal;
  }

  /** A ticket stands for the caller who got it, with the rights that they have now. */
  private async fromTicket(text: string, headers: IncomingHttpHeaders, enter: Enter): Promise<Principal> {
    if (headers.authorization !== undefined || hasGatewayHeaders(headers))
      throw unauthenticated('both credentials');
    const parts = parseEventTicket(text);
    const holder = parts === null ? undefined : await this.tickets.use(parts);
    if (parts === null || holder === undefined) throw unauthenticated('ticket');
    const { tenantId } = parts;
    const { operator_id, api_key_id, service_name } = holder;
    if (operator_id !== null) return this.operatorById(tenantId, operator_id, enter);
    if (api_key_id !== null) return this.entered(await this.apiKeys.holder(tenantId, api_key_id), enter);
    return this.gatewayService(tenantId, String(service_name), enter);
  }

  private async service(apiKey: ApiKeyParts, head: RequestHead, enter: Enter): Promise<Principal | Proof> {
    const service = await this.apiKeys.service(apiKey, head);
    if (typeof service === 'function') return async (body) => this.entered(await service(body), enter);
    return this.entered(service, enter);
  }

  private async entered(service: ServicePrincipal, enter: Enter): Promise<ServicePrincipal> {
    await enter(service.tenantId, identityOf(service));
    return service;
  }

  /** Whose the request is, is known with the lookup only: a token can name the caller by ids of the identity provider. */
  private async fromToken(token: string, enter: Enter): Promise<Principal> {
    const { tenant, operator } = await this.tokens.verify(token);
    // What identity providers call people can be an e-mail address, which the log must not have.
    const identity = operatorIdentity(idOrNull(operator) ?? 'by external id');
    const principal = await this.getOperator({ tenant, operator, isFromToken: true, identity });
    await enter(principal.tenantId, identityOf(principal));
    return principal;
  }

  /** The role always comes from the database, because a token can be older than a demotion. */
  private async getOperator(claimed: ClaimedCaller): Promise<OperatorPrincipal> {
    const found = await this.getCaller(claimed);
    const { tenant_id: tenantId, operator_id: operatorId, role } = found;
    if (operatorId === null || role === null)
      throw unauthenticated('unknown operator', { tenantId, identity: claimed.identity });
    if (found.is_suspended) throw tenantSuspended();
    if (found.is_active !== true)
      throw new Problem('OPERATOR_INACTIVE', 'You have been deactivated. Ask an administrator.');
    return { kind: 'operator', tenantId, operatorId, role };
  }

  private async getCaller(claimed: ClaimedCaller): Promise<CallerRow> {
    const found = await this.callers.find(claimed);
    if (found !== undefined) return found;
    const tenantId = idOrNull(claimed.tenant);
    const shown = tenantId === null ? null : { tenantId, identity: claimed.identity };
    throw unauthenticated('unknown tenant', shown);
  }

  private isFromGateway(secret: string | string[] | undefined): boolean {
    const { auth } = this.environment;
    if (auth.mode !== 'trusted-headers' || auth.gatewaySecret === null) return true;
    return typeof secret === 'string' && isSameSecret(secret, auth.gatewaySecret);
  }

  private isPlatformKey(bearer: string): boolean {
    const { platformApiKey } = this.environment;
    return platformApiKey !== null && isSameSecret(bearer, platformApiKey);
  }
}

const STREAM = `${PREFIX}/events/stream?`;

/** The ticket in the target of a request for the stream; null without one. */
function ticketOf(url = ''): string | null {
  return url.startsWith(STREAM) ? new URLSearchParams(url.slice(STREAM.length)).get('ticket') : null;
}

function hasGatewayHeaders(headers: IncomingHttpHeaders): boolean {
  return ['x-tenant-id', 'x-operator-id', 'x-service'].some((name) => headers[name] !== undefined);
}

import {
  createClient,
  trustedHeaders,
  type ClientOptions,
  type InboxClient,
} from '../../clients/typescript/src/client.js';
import type { Headers, TestApplication } from './application.js';

/** The client of clients/typescript, for the caller with these headers. It repeats requests quickly. */
export function clientOf(
  app: TestApplication,
  headers: Headers,
  options: Partial<ClientOptions> = {},
): InboxClient {
  const { 'X-Tenant-Id': tenantId = '', 'X-Operator-Id': operatorId, 'X-Service': service = '' } = headers;
  const caller = operatorId === undefined ? { tenantId, service } : { tenantId, operatorId };
  return createClient({ baseUrl: app.url, credentials: trustedHeaders(caller), ...options });
}

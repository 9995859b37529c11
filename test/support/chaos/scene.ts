import type { InboxResponse } from '../../../src/inboxes/inbox.js';
import type { OperatorResponse } from '../../../src/operators/operator.js';
import type { Headers } from '../application.js';
import { ask } from '../faults/ask.js';
import { PLATFORM_KEY } from '../settings.js';

export interface Operator {
  readonly id: string;
  readonly headers: Headers;
}

/** A small tenant, so that clients compete. */
export interface Scene {
  readonly tenantId: string;
  readonly admin: Headers;
  readonly orchestrator: Headers;
  readonly inboxIds: readonly string[];
  readonly operators: readonly Operator[];
}

const OPERATORS = 6;

export async function setScene(url: string): Promise<Scene> {
  const made = async <T>(path: string, headers: Headers, body: object): Promise<T> => {
    const told = await ask('POST', `${url}/api/v1${path}`, headers, body);
    if (told.status !== 201) throw new Error(`${path} returned ${told.status} ${told.body.detail}`);
    return told.body as T;
  };
  const platform = { Authorization: `Bearer ${PLATFORM_KEY}` };
  const { tenant, admin } = await made<{ tenant: { id: string }; admin: { id: string } }>(
    '/tenants',
    platform,
    { name: 'Chaos', admin: { name: 'Ada Admin' }, settings: { gracePeriodSeconds: 1 } },
  );
  const headersOf = (id: string) => ({ 'X-Tenant-Id': tenant.id, 'X-Operator-Id': id });
  const inboxIds: string[] = [];
  for (const distribution of ['PULL', 'PULL', 'LEAST_LOADED'])
    inboxIds.push(
      (
        await made<InboxResponse>('/inboxes', headersOf(admin.id), {
          name: `${distribution} ${inboxIds.length}`,
          distribution,
        })
      ).id,
    );
  const operators: Operator[] = [];
  for (let i = 0; i < OPERATORS; i++) {
    const fields = { name: `Operator ${i}`, role: 'OPERATOR', maxLoad: i % 2 === 0 ? 4 : null };
    const { id } = await made<OperatorResponse>('/operators', headersOf(admin.id), fields);
    for (const inboxId of inboxIds)
      await made(`/inboxes/${inboxId}/operators`, headersOf(admin.id), { operatorId: id, weight: 1 });
    await ask('PUT', `${url}/api/v1/operators/${id}/status`, headersOf(id), { status: 'AVAILABLE' });
    operators.push({ id, headers: headersOf(id) });
  }
  return {
    tenantId: tenant.id,
    admin: headersOf(admin.id),
    orchestrator: { 'X-Tenant-Id': tenant.id, 'X-Service': 'orchestrator' },
    inboxIds,
    operators,
  };
}

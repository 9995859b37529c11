import { v7 as uuid } from 'uuid';
import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { Availability, OperatorResponse } from '../../src/operators/operator.js';
import type { KeyScope } from '../../src/access/key-scopes.js';
import type { Role } from '../../src/access/principal.js';
import type { InboxResponse } from '../../src/inboxes/inbox.js';
import type { TenantSettings } from '../../src/tenants/tenant-requests.js';
import type { Headers, TestApplication } from './application.js';
import { PLATFORM_KEY } from './settings.js';

let made = 0;
const next = () => ++made;

export interface Person extends OperatorResponse {
  /** The headers that the gateway sends for them. */
  headers: Headers;
}

/** A tenant with an administrator and an orchestrator, and methods to create the rest with few words. */
export class World {
  private constructor(
    readonly app: TestApplication,
    readonly tenantId: string,
    readonly admin: Headers,
    readonly orchestrator: Headers,
  ) {}

  static async create(app: TestApplication, settings: TenantSettings = {}): Promise<World> {
    const { body } = await app
      .call('post', '/tenants', { Authorization: `Bearer ${PLATFORM_KEY}` })
      .send({ name: `Tenant ${next()}`, admin: { name: 'Ada Admin' }, settings })
      .expect(201);
    const { tenant, admin } = body as { tenant: { id: string }; admin: { id: string } };
    return new World(
      app,
      tenant.id,
      { 'X-Tenant-Id': tenant.id, 'X-Operator-Id': admin.id },
      { 'X-Tenant-Id': tenant.id, 'X-Service': 'orchestrator' },
    );
  }

  async inbox(fields: Partial<InboxResponse> = {}): Promise<InboxResponse> {
    const { body } = await this.app
      .call('post', '/inboxes', this.admin)
      .send({ name: `Inbox ${next()}`, ...fields })
      .expect(201);
    return body as InboxResponse;
  }

  /** An operator with subscriptions to the inboxes, AVAILABLE by default. */
  async operator(
    fields: {
      role?: Role;
      maxLoad?: number | null;
      status?: Availability;
      inboxes?: InboxResponse[];
      weight?: number;
      name?: string;
      externalId?: string;
    } = {},
  ): Promise<Person> {
    const { role = 'OPERATOR', status = 'AVAILABLE', inboxes = [], weight = 1, ...more } = fields;
    const { body } = await this.app
      .call('post', '/operators', this.admin)
      .send({ name: `Operator ${next()}`, role, ...more })
      .expect(201);
    const operator = body as OperatorResponse;
    for (const { id } of inboxes) {
      const subscription = { operatorId: operator.id, weight };
      await this.app.call('post', `/inboxes/${id}/operators`, this.admin).send(subscription).expect(201);
    }
    if (status !== 'OFFLINE') await this.setStatus(operator, status);
    return { ...operator, headers: { 'X-Tenant-Id': this.tenantId, 'X-Operator-Id': operator.id } };
  }

  /** A service with an API key. */
  async service(scopes: readonly KeyScope[]): Promise<Headers> {
    const request = { name: `with ${scopes.join(' ')}`, scopes };
    const { body } = await this.app.call('post', '/api-keys', this.admin).send(request).expect(201);
    return { Authorization: `Bearer ${(body as { key: string }).key}` };
  }

  /** A waiting conversation with the number of its messages and the age of the last one in minutes. */
  async queued(
    inbox: InboxResponse,
    fields: { messages?: number; minutesAgo?: number; phone?: string; externalId?: string } = {},
  ): Promise<ConversationResponse> {
    const {
      messages = 1,
      minutesAgo = 1,
      phone = '+4915112345678',
      externalId = `thread-${uuid()}`,
    } = fields;
    const message = {
      externalConversationId: externalId,
      inboxId: inbox.id,
      customerPhoneNumber: phone,
      occurredAt: minutesBefore(minutesAgo),
    };
    const { body } = await this.app
      .call('post', '/orchestrator/messages/batch', this.orchestrator)
      .send({ messages: Array.from({ length: messages }, () => message) })
      .expect(200);
    const { results } = body as { results: { conversationId: string }[] };
    return this.conversation(results[0]!.conversationId);
  }

  /** Waiting conversations in a new inbox. @returns the inbox */
  async several(count: number): Promise<InboxResponse> {
    const inbox = await this.inbox();
    for (let i = 0; i < count; i++) await this.queued(inbox);
    return inbox;
  }

  async allocated(
    inbox: InboxResponse,
    holder: Person,
    fields: Parameters<World['queued']>[1] = {},
  ): Promise<ConversationResponse> {
    const { id } = await this.queued(inbox, fields);
    return this.claim(id, holder);
  }

  async resolved(
    inbox: InboxResponse,
    fields: Parameters<World['queued']>[1] = {},
  ): Promise<ConversationResponse> {
    const { id } = await this.queued(inbox, fields);
    return this.resolve(id);
  }

  claim(conversationId: string, operator: Person): Promise<ConversationResponse> {
    return this.transition('/allocation/claim', conversationId, operator.headers);
  }

  resolve(conversationId: string, by: Headers = this.admin): Promise<ConversationResponse> {
    return this.transition('/allocation/resolve', conversationId, by);
  }

  deallocate(conversationId: string): Promise<ConversationResponse> {
    return this.transition('/allocation/deallocate', conversationId, this.admin);
  }

  async boost(
    id: string,
    minutes: number,
    by: Headers = this.admin,
    reason?: string,
  ): Promise<ConversationResponse> {
    const boost = { minutes, reason };
    const { body } = await this.app.call('put', `/conversations/${id}/boost`, by).send(boost).expect(200);
    return (body as { conversation: ConversationResponse }).conversation;
  }

  private async transition(path: string, conversationId: string, by: Headers): Promise<ConversationResponse> {
    const { body } = await this.app.call('post', path, by).send({ conversationId }).expect(200);
    return (body as { conversation: ConversationResponse }).conversation;
  }

  async setStatus({ id }: { id: string }, status: Availability, by: Headers = this.admin): Promise<void> {
    await this.app.call('put', `/operators/${id}/status`, by).send({ status }).expect(200);
  }

  async deactivate({ id }: { id: string }): Promise<void> {
    await this.app.call('patch', `/operators/${id}`, this.admin).send({ isActive: false }).expect(200);
  }

  async unsubscribe(inbox: { id: string }, { id }: { id: string }): Promise<void> {
    await this.app.call('delete', `/inboxes/${inbox.id}/operators/${id}`, this.admin).expect(204);
  }

  async change(settings: TenantSettings): Promise<void> {
    await this.app.call('patch', '/tenant/settings', this.admin).send(settings).expect(200);
  }

  /** Makes all grace periods due by the clock of the database. */
  async endGracePeriods(): Promise<void> {
    await this.app.database.rows(
      `update deadlines set expires_at = now() - interval '1 second' where tenant_id = $1`,
      [this.tenantId],
    );
  }

  async conversation(id: string): Promise<ConversationResponse> {
    const { body } = await this.app.call('get', `/conversations/${id}`, this.admin).expect(200);
    return body as ConversationResponse;
  }

  /** Types of the ledger entries of a conversation, oldest first. */
  async history(id: string): Promise<string[]> {
    const { body } = await this.app.call('get', `/conversations/${id}/history`, this.admin).expect(200);
    return (body as { data: { type: string }[] }).data.map(({ type }) => type);
  }

  /** allocate for an operator: the conversation, or null. */
  async allocate(operator: Person): Promise<ConversationResponse | null> {
    const { body } = await this.app
      .call('post', '/allocation/allocate', operator.headers)
      .send({})
      .expect(200);
    return (body as { conversation: ConversationResponse | null }).conversation;
  }
}

export function minutesBefore(minutes: number): string {
  return new Date(Date.now() - minutes * 60_000).toISOString();
}

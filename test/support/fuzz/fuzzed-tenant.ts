import { v7 as uuid } from 'uuid';
import type { BulkPlan } from '../../../src/bulk/bulk-responses.js';
import type { InboxResponse } from '../../../src/inboxes/inbox.js';
import type { BatchResult, MessageResult } from '../../../src/ingest/message.js';
import type { LabelResponse } from '../../../src/labels/label.js';
import type { OperatorResponse } from '../../../src/operators/operator.js';
import type { Headers, TestApplication } from '../application.js';
import { ROUTES } from '../openapi.js';
import { PLATFORM_KEY } from '../settings.js';
import { World, type Person } from '../world.js';
import { Pool, SPARE_TENANT } from './pool.js';

export const CALLERS = ['OPERATOR', 'MANAGER', 'ADMIN', 'SERVICE', 'PLATFORM', 'NOBODY', 'STRANGER'] as const;
export type CallerName = (typeof CALLERS)[number];

/** A tenant with every kind of resource and every kind of caller. */
export class FuzzedTenant {
  private constructor(
    readonly world: World,
    /** A word in every text of the tenant. Its digits are unique. */
    readonly word: string,
    readonly pool: Pool,
    readonly callers: Record<Exclude<CallerName, 'STRANGER'>, Headers>,
    private readonly people: readonly Person[],
    private readonly inboxes: readonly InboxResponse[],
  ) {}

  /** @param digits four digits in every phone number of the tenant */
  static async create(app: TestApplication, word: string, digits: string): Promise<FuzzedTenant> {
    const world = await World.create(app);
    const inboxes = [
      await world.inbox({
        name: `${word} pull`,
        phoneNumber: `+49309${digits}10`,
        description: `of ${word}`,
      }),
      await world.inbox({
        name: `${word} push`,
        phoneNumber: `+49309${digits}20`,
        distribution: 'ROUND_ROBIN',
      }),
    ];
    const person = (role: 'OPERATOR' | 'MANAGER' | 'ADMIN') =>
      world.operator({ role, inboxes, name: `${word} ${role}` });
    const people = [await person('OPERATOR'), await person('MANAGER'), await person('ADMIN')] as const;
    const callers = {
      OPERATOR: people[0].headers,
      MANAGER: people[1].headers,
      ADMIN: people[2].headers,
      SERVICE: world.orchestrator,
      PLATFORM: { Authorization: `Bearer ${PLATFORM_KEY}` },
      NOBODY: {},
    };
    // Requests must not deactivate the administrator who repairs the tenant.
    const pool = new Pool([world.admin['X-Operator-Id']!]);
    const tenant = new FuzzedTenant(world, word, pool, callers, people, inboxes);
    for (const inbox of inboxes) await tenant.label(inbox, `${word} label`);
    await tenant.conversations(digits);
    await tenant.look();
    await tenant.refresh();
    return tenant;
  }

  /** Restores what requests use up: operators who may work, and conversations. */
  async refresh(): Promise<void> {
    const { app, admin } = this.world;
    const { id: inboxId } = this.inboxes[0]!;
    await Promise.all(this.people.map((person) => this.putToWork(person)));
    await app
      .call('patch', `/inboxes/${inboxId}`, admin)
      .send({ distribution: 'PULL', isActive: true })
      .expect(200);
    await app.call('patch', '/tenant/settings', admin).send({ defaultInboxId: inboxId }).expect(200);
    const list = this.people.map(({ id }) => ({ operatorId: id, weight: 1 }));
    await app.call('put', `/inboxes/${inboxId}/operators`, admin).send(list).expect(200);
    const conversations = await this.inEveryState(inboxId);
    for (const id of conversations) this.pool.add('conversation', id);
    await this.plans(conversations);
    // Requests mostly use the newest ids, so create resources that belong together.
    this.pool.add('label', (await this.label(this.inboxes[0]!, `${this.word} ${uuid()}`)).id);
    this.pool.add('inbox', inboxId);
    for (const { id } of this.people) this.pool.add('operator', id);
    for (let i = 0; i < 4; i++) this.pool.add('lead', await this.lead(inboxId));
    await this.webhook();
    await this.spareTenant();
  }

  /** Creates plans that can be run, and cancels older ones, because a tenant can have only a few. */
  private async plans(ids: readonly string[]): Promise<void> {
    const { app, admin, tenantId } = this.world;
    await app.database.rows(
      `update bulk_plans set status = 'CANCELLED', ended_at = now() where tenant_id = $1 and status = 'PLANNED'`,
      [tenantId],
    );
    const plan = { select: { ids }, action: { type: 'boost', minutes: 5 }, dryRun: true };
    for (let i = 0; i < 4; i++) {
      const { body } = await app.call('post', '/allocation/bulk', admin).send(plan).expect(200);
      this.pool.add('plan', (body as BulkPlan).planId);
    }
  }

  /** Creates a suspended tenant, which can be deleted. */
  private async spareTenant(): Promise<void> {
    const { app, tenantId } = await World.create(this.world.app);
    const { PLATFORM } = this.callers;
    await app.call('patch', `/tenants/${tenantId}`, PLATFORM).send({ isSuspended: true }).expect(200);
    this.pool.add(SPARE_TENANT, tenantId);
  }

  /** Creates a resolved, a held and two waiting conversations. */
  private async inEveryState(inboxId: string): Promise<string[]> {
    const { app, admin, orchestrator } = this.world;
    const message = () => ({
      externalConversationId: uuid(),
      inboxId,
      customerPhoneNumber: '+4915112345678',
    });
    const messages = [message(), message(), message(), message()];
    const { body } = await app.call('post', '/orchestrator/messages/batch', orchestrator).send({ messages });
    const ids = (body as BatchResult).results.map(({ conversationId }) => conversationId!);
    const [resolved, held, ...waiting] = ids as [string, string, ...string[]];
    const holder = this.callers.OPERATOR;
    await app.call('post', '/allocation/claim', holder).send({ conversationId: held }).expect(200);
    await app.call('post', '/allocation/resolve', admin).send({ conversationId: resolved }).expect(200);
    return [resolved, held, ...waiting];
  }

  /** Creates a lead, of which a merge takes one away. */
  private async lead(inboxId: string): Promise<string> {
    const { app, orchestrator } = this.world;
    const message = { inboxId, lead: { externalId: uuid(), name: `${this.word} lead` } };
    const { body } = await app.call('post', '/orchestrator/messages', orchestrator).send(message).expect(201);
    return String((body as MessageResult).conversation.leadId);
  }

  private async putToWork({ id, role }: Person): Promise<void> {
    const { app, admin } = this.world;
    const able = { role, isActive: true, maxLoad: null };
    const { body } = await app.call('patch', `/operators/${id}`, admin).send(able).expect(200);
    if ((body as OperatorResponse).status === 'AVAILABLE') return;
    await app.call('put', `/operators/${id}/status`, admin).send({ status: 'AVAILABLE' }).expect(200);
  }

  /** Creates a disabled webhook with a delivery, so that nothing is sent. */
  private async webhook(): Promise<void> {
    const { app, admin, tenantId } = this.world;
    const hook = { url: 'https://93.184.215.14/hook', enabled: false };
    const { body } = await app.call('post', '/webhooks', admin).send(hook).expect(201);
    const { id } = body as { id: string };
    const delivery = uuid();
    await app.database.rows(
      `insert into webhook_deliveries (tenant_id, webhook_id, id, position, event_id, event_type, body)
      values ($1, $2, $3, 1, $4, 'conversation.created', '{}')`,
      [tenantId, id, delivery, uuid()],
    );
    this.pool.add('webhook', id);
    this.pool.add('delivery', delivery);
  }

  /** Values that callers of another tenant must not see. The platform knows the tenants. */
  secretsBefore(caller: CallerName): string[] {
    // The platform sees tenants and their settings, which name an inbox.
    const ids =
      caller === 'PLATFORM'
        ? this.pool
            .ids('inbox')
            .filter((id) => id !== this.world.tenantId && !this.pool.has(SPARE_TENANT, id))
        : this.pool.ids();
    return [this.word, ...ids];
  }

  private async label(inbox: InboxResponse, name: string): Promise<LabelResponse> {
    const { app, admin } = this.world;
    const { body } = await app.call('post', `/inboxes/${inbox.id}/labels`, admin).send({ name }).expect(201);
    return body as LabelResponse;
  }

  private async conversations(digits: string): Promise<void> {
    const { world, word, inboxes, people } = this;
    const thread = (name: string) => ({ externalId: `${word}-${name}`, phone: `+4915112${digits}34` });
    await world.queued(inboxes[0]!, thread('waiting'));
    await world.queued(inboxes[1]!, thread('pushed'));
    await world.allocated(inboxes[0]!, people[0]!, thread('held'));
    await world.resolved(inboxes[0]!, thread('resolved'));
    const customer = { externalId: `${word}-lead`, name: `${word} lead`, email: `${word}@customer.example` };
    const message = {
      externalConversationId: `${word}-waiting`,
      inboxId: inboxes[0]!.id,
      customerPhoneNumber: `+4915112${digits}34`,
      displayName: `${word} customer`,
      lead: { ...customer, phone: `+4915112${digits}34` },
    };
    await world.app.call('post', '/orchestrator/messages', world.orchestrator).send(message).expect(200);
  }

  /** Reads every list that needs no more than an administrator. */
  private async look(): Promise<void> {
    const lists = ROUTES.filter(
      ({ method, path, operation }) =>
        method === 'get' &&
        !path.includes('{') &&
        !path.endsWith('/search') &&
        operation['x-allowed']?.includes('ADMIN') === true &&
        operation.responses['200']?.content?.['application/json'] !== undefined &&
        !operation.parameters.some(({ required }) => required === true),
    );
    for (const route of lists) {
      const query = route.operation.parameters.some(({ name }) => name === 'limit') ? '?limit=5' : '';
      const response = await fetch(`${this.world.app.url}${route.path}${query}`, {
        headers: this.callers.ADMIN,
      });
      this.pool.learn(route, await response.json());
    }
  }
}

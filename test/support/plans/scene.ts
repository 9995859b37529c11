import type { NewApiKey } from '../../../src/api-keys/api-key.js';
import type { InboxResponse } from '../../../src/inboxes/inbox.js';
import type { Headers, TestApplication } from '../application.js';
import { manyEntries } from '../stream-reader.js';
import { World, type Person } from '../world.js';
import { fillTables } from './large-tenants.js';

const INBOXES = 20;
const HOLDERS = 40;

const END = 'select coalesce(max(p.position), 0) from feed_positions p where p.tenant_id';

/** The large tenant and its operators. */
export class Scene {
  private constructor(
    readonly app: TestApplication,
    readonly world: World,
    /** The last one is a push inbox. */
    readonly inboxes: InboxResponse[],
    /** Subscribed to the first five inboxes. */
    readonly operator: Person,
    /** Subscribed to the push inbox; at capacity. */
    readonly receiver: Person,
    /** AVAILABLE, with conversations and without new ones. */
    readonly holder: Person,
    /** Holds nothing. */
    readonly leaver: Person,
    readonly apiKey: NewApiKey,
    readonly webhookId: string,
  ) {}

  /** Creates a few conversations, so that every statement makes a plan. */
  static async create(app: TestApplication): Promise<Scene> {
    const world = await World.create(app);
    const inboxes: InboxResponse[] = [];
    for (let i = 1; i <= INBOXES; i++)
      inboxes.push(await world.inbox(i === INBOXES ? { distribution: 'ROUND_ROBIN' } : {}));
    const pushing = inboxes.slice(-1);
    const operator = await world.operator({ inboxes: inboxes.slice(0, 5), maxLoad: 10_000 });
    const receiver = await world.operator({ inboxes: pushing, maxLoad: 1 });
    const holder = await world.operator({ inboxes: inboxes.slice(6, 7) });
    const leaver = await world.operator();
    const made = async (path: string, body: object) =>
      (await app.call('post', path, world.admin).send(body).expect(201)).body as { id: string };
    const apiKey = (await made('/api-keys', { name: 'orchestrator', requestSigning: true })) as NewApiKey;
    const { id: webhookId } = await made('/webhooks', { url: 'https://hooks.example.com/' });
    const scene = new Scene(app, world, inboxes, operator, receiver, holder, leaver, apiKey, webhookId);
    // The guard refuses this address, so an attempt takes no time.
    await scene.sql(`update webhooks set url = 'http://127.0.0.1:9/' where id = $1`, webhookId);
    for (const inbox of [...inboxes.slice(0, 2), ...pushing]) {
      await made(`/inboxes/${inbox.id}/labels`, { name: 'Rare' });
      for (let i = 1; i <= 12; i++) await world.queued(inbox, { minutesAgo: i });
    }
    // Those of every second inbox return to the queue when nobody replies in time.
    for (const [i, { id }] of inboxes.entries())
      if (i % 2 === 0) await scene.sql(`update inboxes set on_reply_overdue = 'REQUEUE' where id = $1`, id);
    for (let i = 0; i < 6; i++) await world.allocated(inboxes[6]!, holder);
    return scene;
  }

  /** Inserts a hundred thousand conversations. */
  async fill(): Promise<void> {
    const { tenantId } = this.world;
    const holders = await this.sql<{ id: string }>(
      `insert into operators (tenant_id, id, name, role)
      select $1, gen_random_uuid(), 'Holder ' || n, 'OPERATOR' from generate_series(1, ${HOLDERS}) n returning id`,
      tenantId,
    );
    await fillTables(this.app.database, {
      tenantId,
      inboxes: this.inboxes.map(({ id }) => id),
      operators: [this.operator.id, this.holder.id, ...holders.map(({ id }) => id)],
      webhookId: this.webhookId,
    });
    // The outlooks have folded all of it.
    await this.sql(
      `update outlook_progress o set position = (${END} = o.tenant_id) where o.tenant_id = $1`,
      tenantId,
    );
  }

  /** Creates due work for each job, at most a batch, without the service. */
  async makeDue(): Promise<void> {
    const { tenantId } = this.world;
    await this.sql(
      `update deadlines g set expires_at = now()
      where g.tenant_id = $1 and g.kind = 'GRACE' and g.conversation_id in (
        select conversation_id from deadlines where tenant_id = $1 and kind = 'GRACE' limit 100)`,
      tenantId,
    );
    await this.sql(
      `update conversations c
      set saturated = false, queue_key = queue_bonus(t.settings, c.waiting_message_count)
        + queue_boost(t.settings, c.boost_minutes) - epoch_microseconds(c.basis_at)
      from queue_settings t
      where t.tenant_id = $1 and c.tenant_id = $1
        and c.id in (select id from conversations where tenant_id = $1 and saturated order by id limit 100)`,
      tenantId,
    );
    await this.webhooksReadOn();
    // For other tenants all but the last twenty entries are folded.
    await this.sql(
      `insert into folded_up_to (tenant_id, position)
      select t.id, (${END} = t.id) - 20 from tenants t where t.id <> $1 on conflict do nothing`,
      tenantId,
    );
  }

  /** Moves webhooks to the end of the feed, so that only new entries become deliveries. */
  async webhooksReadOn(): Promise<void> {
    await this.sql(`update webhooks w set position = (${END} = w.tenant_id)`);
  }

  /** Inserts entries without positions, `each` for each of the `statements`. */
  async leaveWithoutPositions(statements: number, each: number): Promise<void> {
    for (let i = 0; i < statements; i++) await manyEntries(this.world, each);
  }

  /** Reads rows as the owner. */
  sql<Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> {
    return this.app.database.rows<Row>(text, values);
  }

  /** The id of a conversation of the large tenant in this state. */
  async some(state: string): Promise<string> {
    const [row] = await this.sql<{ id: string }>(
      `select id from conversations where tenant_id = $1 and inbox_id = $2 and state = $3 order by id desc limit 1`,
      this.world.tenantId,
      this.inboxes[0]!.id,
      state,
    );
    return row!.id;
  }

  async get(path: string, headers: Headers = this.world.admin): Promise<unknown> {
    return (await this.app.call('get', path, headers).expect(200)).body;
  }

  async post(path: string, body: object, headers: Headers = this.world.admin): Promise<unknown> {
    const response = await this.app.call('post', path, headers).send(body);
    if (response.status >= 300) throw new Error(`${path} returned ${response.status}: ${response.text}`);
    return response.body;
  }

  /** Reads the metrics. */
  async metrics(): Promise<void> {
    const response = await fetch(`${this.app.url}/metrics`);
    if (response.status !== 200) throw new Error(`/metrics returned ${response.status}`);
  }
}

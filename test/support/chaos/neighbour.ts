import type { Headers } from '../application.js';
import { ask } from '../faults/ask.js';
import { PLATFORM_KEY } from '../settings.js';
import type { Reachable } from './client.js';

const OPERATORS = 40;
const UNKNOWN_FIELDS = 20_000;
const MESSAGES = 200;
const READS = 60;
const STREAMS = 20;
const GUESSES = 20;
/** Between two attacks, so that the test itself is not what is slow. */
const PAUSE_MS = 200;

/** Another tenant, which does all that might take the service from the others. */
export class HostileNeighbour {
  /** Responses that say that an attack was more than a 4xx, by kind. */
  readonly unexpected = new Map<string, number>();
  attacks = 0;

  private constructor(
    private readonly service: Reachable,
    private readonly admin: Headers,
    private readonly orchestrator: Headers,
    private readonly inboxId: string,
  ) {}

  /** Creates the tenant with a push inbox and its operators. */
  static async settle(service: Reachable): Promise<HostileNeighbour> {
    const made = async (path: string, headers: Headers, body: object): Promise<{ id: string }> => {
      const told = await ask('POST', `${service.urls[0]}/api/v1${path}`, headers, body);
      if (told.status !== 201) throw new Error(`${path} returned ${told.status} ${told.body.detail}`);
      return told.body as unknown as { id: string };
    };
    const platform = { Authorization: `Bearer ${PLATFORM_KEY}` };
    const { tenant, admin } = (await made('/tenants', platform, {
      name: 'Neighbour',
      admin: { name: 'Nora' },
    })) as unknown as { tenant: { id: string }; admin: { id: string } };
    const headers = { 'X-Tenant-Id': tenant.id, 'X-Operator-Id': admin.id };
    const inbox = await made('/inboxes', headers, { name: 'Push', distribution: 'WEIGHTED_RANDOM' });
    for (let i = 0; i < OPERATORS; i++) {
      const { id } = await made('/operators', headers, { name: `Operator ${i}` });
      await made(`/inboxes/${inbox.id}/operators`, headers, { operatorId: id, weight: 1 });
      await ask('PUT', `${service.urls[0]}/api/v1/operators/${id}/status`, headers, { status: 'AVAILABLE' });
    }
    const orchestrator = { 'X-Tenant-Id': tenant.id, 'X-Service': 'orchestrator' };
    return new HostileNeighbour(service, headers, orchestrator, inbox.id);
  }

  /** One attack after the other, in turns, whatever comes back. */
  async runUntil(isOver: () => boolean): Promise<void> {
    const attacks = [
      () => this.unknownFields(),
      () => this.manyReads(),
      () => this.largeBatch(),
      () => this.manyStreams(),
      () => this.guesses(),
      () => this.deadWebhook(),
      () => this.labelOfAll(),
    ];
    for (let turn = 0; !isOver(); turn++) {
      await attacks[turn % attacks.length]!();
      this.attacks++;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private unknownFields(): Promise<void> {
    const fields = Array.from({ length: UNKNOWN_FIELDS }, (_, i) => [`field${i}`, i]);
    return this.send('POST', '/inboxes', this.admin, Object.fromEntries(fields) as object);
  }

  private manyReads(): Promise<void> {
    return this.together(READS, () => this.send('GET', '/conversations?limit=100', this.admin));
  }

  private largeBatch(): Promise<void> {
    const messages = Array.from({ length: MESSAGES }, (_, i) => ({
      externalConversationId: `neighbour-${this.attacks}-${i}`,
      inboxId: this.inboxId,
      customerPhoneNumber: '+4915112345678',
    }));
    return this.send('POST', '/orchestrator/messages/batch', this.orchestrator, { messages });
  }

  /** Opens streams and leaves without reading them. */
  private manyStreams(): Promise<void> {
    return this.together(STREAMS, async () => {
      const leave = new AbortController();
      const url = this.url('/events/stream');
      const response = await fetch(url, { headers: this.admin, signal: leave.signal }).catch(() => null);
      if (response !== null) this.note(response.status);
      leave.abort();
    });
  }

  private guesses(): Promise<void> {
    return this.together(GUESSES, () =>
      this.send('GET', '/tenant', { Authorization: `Bearer guess-${this.attacks}` }),
    );
  }

  private deadWebhook(): Promise<void> {
    const url = `http://nobody-${this.attacks}.invalid/`;
    return this.send('POST', '/webhooks', this.admin, { url });
  }

  private async labelOfAll(): Promise<void> {
    const name = `Label ${this.attacks}`;
    const path = `/inboxes/${this.inboxId}/labels`;
    await this.send('POST', path, this.admin, { name, attachToExisting: true });
  }

  private async together(times: number, attack: () => Promise<void>): Promise<void> {
    await Promise.all(Array.from({ length: times }, attack));
  }

  private url(path: string): string {
    const { urls } = this.service;
    return `${urls[this.attacks % Math.max(1, urls.length)]}/api/v1${path}`;
  }

  /** No response at all is what a fault may cause. */
  private async send(method: string, path: string, headers: Headers, body?: object): Promise<void> {
    const told = await ask(method, this.url(path), headers, body).catch(() => null);
    if (told !== null) this.note(told.status);
  }

  private note(status: number): void {
    if (status < 500 || status === 503) return;
    this.unexpected.set(String(status), (this.unexpected.get(String(status)) ?? 0) + 1);
  }
}

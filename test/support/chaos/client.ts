import type { EventType } from '../../../src/ledger/event.js';
import type { Headers } from '../application.js';
import { ask, type Told } from '../faults/ask.js';
import type { Account } from './account.js';
import type { Luck } from '../luck.js';
import type { Operator, Scene } from './scene.js';

const PATIENCE_MS = 5_000;
/** A client that waits longer fails the test, because the service does not recover. */
const LIMIT_MS = 120_000;

/** The addresses of running instances. */
export interface Reachable {
  readonly urls: readonly string[];
}

interface Request {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Headers;
  readonly body: object;
}

/** Sends one request after the other, and repeats each with the same key until it knows the outcome. */
export class Client {
  private made = 0;
  /** Conversations from responses. */
  private readonly known: string[] = [];

  constructor(
    private readonly name: string,
    private readonly service: Reachable,
    private readonly scene: Scene,
    private readonly account: Account,
    private readonly luck: Luck,
    private readonly threads = 40,
  ) {}

  async runUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const dice = this.luck.between(1, 100);
      if (dice <= 35) await this.report();
      else if (dice <= 60) await this.allocate();
      else if (dice <= 68) await this.transition('conversation.claimed', '/allocation/claim', this.someone());
      else if (dice <= 80) await this.transition('conversation.resolved', '/allocation/resolve', null);
      else if (dice <= 85) await this.transition('conversation.deallocated', '/allocation/deallocate', null);
      else if (dice <= 92) await this.reassign();
      else await this.changeStatus();
    }
  }

  private someone(): Operator {
    return this.luck.oneOf(this.scene.operators);
  }

  private async report(): Promise<void> {
    const thread = `thread-${this.luck.between(1, this.threads)}`;
    const messageId = `${this.name}-${this.made}`;
    const told = await this.insist({
      method: 'POST',
      path: '/orchestrator/messages',
      headers: this.scene.orchestrator,
      body: {
        externalConversationId: thread,
        // A thread keeps its first inbox, so all clients name the same one.
        inboxId: this.scene.inboxIds[Number(thread.slice(7)) % this.scene.inboxIds.length],
        customerPhoneNumber: '+4915112345678',
        messageId,
      },
    });
    if (told.status >= 300) return;
    this.account.message(thread, messageId);
    this.known.push(told.body.conversation!.id);
  }

  private async allocate(): Promise<void> {
    const operator = this.someone();
    const path = '/allocation/allocate';
    const told = await this.insist({ method: 'POST', path, headers: operator.headers, body: {} });
    this.acknowledge('conversation.allocated', told);
  }

  private async transition(type: EventType, path: string, operator: Operator | null): Promise<void> {
    if (this.known.length === 0) return;
    const body = { conversationId: this.luck.oneOf(this.known) };
    const headers = operator?.headers ?? this.scene.admin;
    this.acknowledge(type, await this.insist({ method: 'POST', path, headers, body }));
  }

  private async reassign(): Promise<void> {
    if (this.known.length === 0) return;
    const body = { conversationId: this.luck.oneOf(this.known), operatorId: this.someone().id };
    const path = '/allocation/reassign';
    this.acknowledge(
      'conversation.reassigned',
      await this.insist({ method: 'POST', path, headers: this.scene.admin, body }),
    );
  }

  private async changeStatus(): Promise<void> {
    const { id, headers } = this.someone();
    const body = { status: this.luck.happens(0.4) ? 'OFFLINE' : 'AVAILABLE' };
    await this.insist({ method: 'PUT', path: `/operators/${id}/status`, headers, body });
  }

  private acknowledge(type: EventType, { status, body }: Told): void {
    if (status !== 200 || !body.conversation) return;
    const { id: conversationId, version, assignedOperatorId: operatorId } = body.conversation;
    this.account.transitions.push({ type, conversationId, version, operatorId });
    this.known.push(conversationId);
  }

  /** @returns the final response: no lost connection and no 503 */
  private async insist({ method, path, headers, body }: Request): Promise<Told> {
    const key = `${this.name}-${this.made++}`;
    this.account.operations++;
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; this.account.again++) {
      const urls = this.service.urls;
      const told =
        urls.length === 0
          ? null
          : await this.tried(
              method,
              `${this.luck.oneOf(urls)}/api/v1${path}`,
              { ...headers, 'Idempotency-Key': key },
              body,
            );
      if (told !== null) this.account.responded([told.status, told.body.code].filter(Boolean).join(' '));
      if (told !== null && told.status !== 503 && told.body.code !== 'IDEMPOTENCY_KEY_IN_USE') return told;
      await new Promise((resolve) => setTimeout(resolve, this.luck.between(10, 80)));
    }
    throw new Error(`${method} ${path} got no response within ${LIMIT_MS / 1_000} s`);
  }

  private async tried(method: string, url: string, headers: Headers, body: object): Promise<Told | null> {
    return ask(method, url, headers, body, AbortSignal.timeout(PATIENCE_MS)).catch(() => {
      this.account.responded('no response');
      return null;
    });
  }
}

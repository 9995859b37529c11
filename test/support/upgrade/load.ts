import type { Headers } from '../application.js';
import type { Scene } from '../chaos/scene.js';
import { ask } from '../faults/ask.js';
import type { Luck } from '../luck.js';
import type { Balancer } from './balancer.js';

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Headers;
  readonly body?: object;
  /** The refusals that competitors explain. */
  readonly refusals?: readonly string[];
}

const LOST_RACES = [
  '409 CONVERSATION_NOT_QUEUED',
  '409 CONVERSATION_ALREADY_RESOLVED',
  '409 OPERATOR_AT_CAPACITY',
];
const THREADS = 60;

/** What desks, the orchestrator and supervisors ask all day. Every response that is not expected is a failure. */
export class Load {
  /** How many requests of each kind succeeded or lost a race. */
  readonly counts: Record<string, number> = {};
  readonly failures: string[] = [];
  private readonly known: string[] = [];
  private isOver = false;

  constructor(
    private readonly balancer: Balancer,
    private readonly scene: Scene,
  ) {}

  /** Each caller sends one request after the other, of every kind equally often. */
  async run(callers: number, luck: Luck): Promise<void> {
    // There must be a conversation to read, claim and resolve.
    await this.send('ingest', luck);
    const one = async (own: Luck) => {
      while (!this.isOver) for (const kind of own.shuffled(this.kinds)) await this.send(kind, own);
    };
    await Promise.all(Array.from({ length: callers }, () => one(luck.another())));
  }

  stop(): void {
    this.isOver = true;
  }

  /** The number of requests of the kind that was sent least. */
  get rounds(): number {
    return Math.min(...this.kinds.map((kind) => this.counts[kind] ?? 0));
  }

  private readonly requests: Record<string, (luck: Luck) => Request> = {
    ingest: (luck) => this.messages('/orchestrator/messages', this.message(luck)),
    'ingest a batch': (luck) =>
      this.messages('/orchestrator/messages/batch', { messages: [1, 2, 3, 4].map(() => this.message(luck)) }),
    allocate: (luck) => ({
      ...this.post('/allocation/allocate', {}, this.someone(luck)),
      refusals: LOST_RACES,
    }),
    claim: (luck) => ({
      ...this.post('/allocation/claim', this.conversation(luck), this.someone(luck)),
      refusals: LOST_RACES,
    }),
    resolve: (luck) => ({
      ...this.post('/allocation/resolve', this.conversation(luck), this.scene.admin),
      refusals: LOST_RACES,
    }),
    'list conversations': (luck) => this.get(`/conversations?limit=${luck.between(1, 20)}`),
    'list by priority': () => this.get('/conversations?state=QUEUED&sort=priority&limit=20'),
    'read a conversation': (luck) => this.get(`/conversations/${this.conversation(luck).conversationId}`),
    board: () => this.get('/board'),
    'statistics of queues': () => this.get('/stats/queue'),
    'statistics of operators': () => this.get('/stats/operators'),
    feed: () => this.get('/events?limit=50'),
  };

  private readonly kinds = Object.keys(this.requests);

  private async send(kind: string, luck: Luck): Promise<void> {
    const { method, path, headers, body, refusals = [] } = this.requests[kind]!(luck);
    try {
      const told = await ask(method, `${this.balancer.next()}/api/v1${path}`, headers, body);
      const said = [told.status, told.body.code].filter(Boolean).join(' ');
      if (told.status >= 300 && !refusals.includes(said)) {
        this.failures.push(`${kind}: ${said} ${told.body.detail ?? ''}`);
        return;
      }
      this.remember(told.body);
      this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    } catch (error) {
      this.failures.push(`${kind}: ${String(error)} ${String((error as Error).cause)}`);
    }
  }

  private remember({ conversation }: { conversation?: { id: string } | null }): void {
    if (conversation) this.known.push(conversation.id);
  }

  private message(luck: Luck): object {
    const thread = luck.between(1, THREADS);
    return {
      externalConversationId: `thread-${thread}`,
      inboxId: this.scene.inboxIds[thread % this.scene.inboxIds.length],
      customerPhoneNumber: '+4915112345678',
      messageId: `message-${luck.between(1, 2 ** 31 - 1)}`,
    };
  }

  private conversation(luck: Luck): { conversationId: string } {
    return { conversationId: luck.oneOf(this.known) };
  }

  private someone(luck: Luck): Headers {
    return luck.oneOf(this.scene.operators).headers;
  }

  private messages(path: string, body: object): Request {
    return { method: 'POST', path, headers: this.scene.orchestrator, body };
  }

  private post(path: string, body: object, headers: Headers): Request {
    return { method: 'POST', path, headers, body };
  }

  private get(path: string): Request {
    return { method: 'GET', path, headers: this.scene.admin };
  }
}

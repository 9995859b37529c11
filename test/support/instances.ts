import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { Headers } from './application.js';
import { ServiceProcess } from './service-process.js';

export interface Answer {
  status: number;
  body: {
    code?: string;
    assignedOperatorId?: string;
    conversation?: ConversationResponse | null;
    results?: { status: number; conversationId: string }[];
  };
}

/** Two instances of the service on one database, as behind a load balancer. */
export class Instances {
  private calls = 0;

  private constructor(readonly both: readonly [ServiceProcess, ServiceProcess]) {}

  static async start(databaseUrl: string): Promise<Instances> {
    const one = () => ServiceProcess.start(databaseUrl, { DATABASE_POOL_SIZE: '10' });
    return new Instances(await Promise.all([one(), one()]));
  }

  /** By the one, then by the other, in turn. */
  post(path: string, headers: Headers, body: object): Promise<Answer> {
    return send('POST', this.next().url, path, headers, body);
  }

  put(path: string, headers: Headers, body: object): Promise<Answer> {
    return send('PUT', this.next().url, path, headers, body);
  }

  patch(path: string, headers: Headers, body: object): Promise<Answer> {
    return send('PATCH', this.next().url, path, headers, body);
  }

  async stop(): Promise<void> {
    await Promise.all(this.both.map((instance) => instance.stop()));
  }

  private next(): ServiceProcess {
    return this.both[this.calls++ % 2 === 0 ? 0 : 1];
  }
}

/** @throws what fetch throws when the instance cannot be reached */
export async function send(
  method: string,
  url: string,
  path: string,
  headers: Headers,
  body: object,
): Promise<Answer> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** `count` times the same, all at once. */
export function atOnce<T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => work(i)));
}

/** How many answers there are of each kind, such as `{ '200': 1, '409 CONVERSATION_NOT_QUEUED': 49 }`. */
export function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const kind = body.code === undefined ? `${status}` : `${status} ${body.code}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

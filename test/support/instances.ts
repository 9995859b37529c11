import type { ConversationResponse } from '../../src/conversations/conversation.js';
import type { Headers } from './application.js';
import { ServiceProcess } from './service-process.js';

export interface InstanceResponse {
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

  /** Sends each request to the other instance in turn. */
  post(path: string, headers: Headers, body: object): Promise<InstanceResponse> {
    return send('POST', this.next().url, path, headers, body);
  }

  put(path: string, headers: Headers, body: object): Promise<InstanceResponse> {
    return send('PUT', this.next().url, path, headers, body);
  }

  patch(path: string, headers: Headers, body: object): Promise<InstanceResponse> {
    return send('PATCH', this.next().url, path, headers, body);
  }

  async stop(): Promise<void> {
    await Promise.all(this.both.map((instance) => instance.stop()));
  }

  private next(): ServiceProcess {
    return this.both[this.calls++ % 2 === 0 ? 0 : 1];
  }
}

/** @throws the error of fetch when the instance cannot be reached */
export async function send(
  method: string,
  url: string,
  path: string,
  headers: Headers,
  body: object,
): Promise<InstanceResponse> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as InstanceResponse['body'] };
}

/** Runs the same work `count` times at once. */
export function atOnce<T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => work(i)));
}

/** How many responses there are of each kind, such as `{ '200': 1, '409 CONVERSATION_NOT_QUEUED': 49 }`. */
export function tally(responses: readonly InstanceResponse[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of responses) {
    const kind = body.code === undefined ? `${status}` : `${status} ${body.code}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

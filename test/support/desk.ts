import type { ConversationResponse } from '../../src/conversations/conversation.js';
import { TestApplication, type Headers } from './application.js';

/** Two instances of the service on one database. Requests go to them in turn. */
export class Desk {
  private calls = 0;

  private constructor(
    readonly app: TestApplication,
    private readonly other: TestApplication,
  ) {}

  static async start(): Promise<Desk> {
    const app = await TestApplication.start();
    return new Desk(app, await app.another());
  }

  post(path: string, by: Headers, body: object) {
    return this.next().call('post', path, by).send(body);
  }

  /** Does something with a conversation that must succeed. @returns the conversation */
  async act(name: string, by: Headers, id: string, more: object = {}): Promise<ConversationResponse> {
    const { body } = await this.post(`/allocation/${name}`, by, { conversationId: id, ...more }).expect(200);
    return (body as { conversation: ConversationResponse }).conversation;
  }

  /** Moves a deadline into the past, as time would. */
  async ends(kind: string, id: string): Promise<void> {
    const changed = await this.app.database.rows(
      `update deadlines set expires_at = now() - interval '1 second' where kind = $1 and conversation_id = $2
      returning conversation_id`,
      [kind, id],
    );
    if (changed.length === 0) throw new Error(`${id} has no deadline ${kind}`);
  }

  next(): TestApplication {
    return this.calls++ % 2 === 0 ? this.app : this.other;
  }

  async stop(): Promise<void> {
    await this.other.stop();
    await this.app.stop();
  }
}

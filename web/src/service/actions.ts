import { unwrap, type InboxClient } from '@inbox-allocation/client';
import type { Conversation, Outcome } from '@inbox-allocation/client/openapi';

/** A conversation as somebody saw it: what they do is refused when it has changed since. */
export type Seen = Pick<Conversation, 'id' | 'version'>;

export type Actions = ReturnType<typeof actionsOf>;

/** Everything that can be done with a conversation. Each returns the conversation as it is then. */
export function actionsOf(client: InboxClient) {
  const seen = ({ version }: Seen) => ({ header: { 'If-Match': `"${version}"` } });
  const done = async (result: Promise<{ conversation: Conversation }>) => (await result).conversation;
  const labelPath = (id: string, labelId: string) => ({ params: { path: { id, labelId } } });
  const read = (id: string) => unwrap(client.GET('/api/v1/conversations/{id}', { params: { path: { id } } }));
  return {
    read,
    allocate: async () =>
      (await unwrap(client.POST('/api/v1/allocation/allocate', { body: {} }))).conversation,
    claim: (c: Seen) =>
      done(
        unwrap(client.POST('/api/v1/allocation/claim', { params: seen(c), body: { conversationId: c.id } })),
      ),
    assign: (c: Seen, operatorId: string, overrideCapacity = false) =>
      done(
        unwrap(
          client.POST('/api/v1/allocation/reassign', {
            params: seen(c),
            body: { conversationId: c.id, operatorId, overrideCapacity },
          }),
        ),
      ),
    deallocate: (c: Seen) =>
      done(
        unwrap(
          client.POST('/api/v1/allocation/deallocate', { params: seen(c), body: { conversationId: c.id } }),
        ),
      ),
    move: (c: Seen, inboxId: string) =>
      done(
        unwrap(
          client.POST('/api/v1/allocation/move-inbox', {
            params: seen(c),
            body: { conversationId: c.id, inboxId },
          }),
        ),
      ),
    boost: (c: Seen, minutes: number, reason: string) =>
      done(
        unwrap(
          client.PUT('/api/v1/conversations/{id}/boost', {
            params: { ...seen(c), path: { id: c.id } },
            body: { minutes, ...(reason === '' ? {} : { reason }) },
          }),
        ),
      ),
    resolve: (c: Seen, outcome: Outcome = 'HANDLED', reason = '') =>
      done(
        unwrap(
          client.POST('/api/v1/allocation/resolve', {
            params: seen(c),
            body: { conversationId: c.id, outcome, ...(reason === '' ? {} : { reason }) },
          }),
        ),
      ),
    accept: (c: Seen) =>
      done(
        unwrap(client.POST('/api/v1/allocation/accept', { params: seen(c), body: { conversationId: c.id } })),
      ),
    release: (c: Seen, reason: string) =>
      done(
        unwrap(
          client.POST('/api/v1/allocation/release', {
            params: seen(c),
            body: { conversationId: c.id, ...(reason === '' ? {} : { reason }) },
          }),
        ),
      ),
    transfer: (c: Seen, to: { operatorId: string } | { inboxId: string }, reason: string) =>
      done(
        unwrap(
          client.POST('/api/v1/allocation/transfer', {
            params: seen(c),
            body: { conversationId: c.id, ...to, ...(reason === '' ? {} : { reason }) },
          }),
        ),
      ),
    park: (c: Seen, until: string | null) =>
      done(
        unwrap(
          client.POST('/api/v1/allocation/park', {
            params: seen(c),
            body: { conversationId: c.id, until },
          }),
        ),
      ),
    unpark: (c: Seen) =>
      done(
        unwrap(client.POST('/api/v1/allocation/unpark', { params: seen(c), body: { conversationId: c.id } })),
      ),
    label: async (c: Seen, labelId: string) => {
      await unwrap(client.PUT('/api/v1/conversations/{id}/labels/{labelId}', labelPath(c.id, labelId)));
      return read(c.id);
    },
    unlabel: async (c: Seen, labelId: string) => {
      await unwrap(client.DELETE('/api/v1/conversations/{id}/labels/{labelId}', labelPath(c.id, labelId)));
      return read(c.id);
    },
  };
}

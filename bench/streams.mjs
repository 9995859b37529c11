// @ts-check
// Follows the event streams of operators.
import { request } from 'undici';

/** A field of an event. The rest of it is not parsed, because that takes time of the processors that are measured. */
const FIELD = /"externalConversationId":"([^"]*)"/;

/**
 * @param {{ port: number }} service @param {string} bearer of the operator
 * @param {AbortSignal} stop closes it
 * @param {(externalConversationId: string) => void} onEvent
 * @returns {Promise<void>} fulfilled once it is open
 */
export async function followStream({ port }, bearer, stop, onEvent) {
  const { statusCode, body } = await request(`http://127.0.0.1:${port}/api/v1/events/stream?after=latest`, {
    headers: { authorization: `Bearer ${bearer}`, accept: 'text/event-stream' },
    signal: stop,
    bodyTimeout: 0,
  });
  if (statusCode !== 200) throw new Error(`a stream got ${statusCode} ${await body.text()}`);
  let rest = '';
  body.setEncoding('utf8');
  body.on('error', () => {});
  body.on('data', (/** @type {string} */ chunk) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const id = FIELD.exec(block)?.[1];
      if (id !== undefined) onEvent(id);
    }
  });
}

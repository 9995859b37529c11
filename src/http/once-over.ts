import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What is to be done at the end of the open requests of a connection. */
const OPEN = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back once: when the response has been sent, or when its connection is lost. Node emits no event for a response
 * that waits behind others on its connection when that connection is lost.
 */
export function onceOver(socket: Socket, response: ServerResponse, work: () => void): void {
  const open = openOf(socket);
  const over = () => {
    if (open.delete(over)) work();
  };
  open.add(over);
  response.once('close', over);
}

function openOf(socket: Socket): Set<() => void> {
  const known = OPEN.get(socket);
  if (known !== undefined) return known;
  const open = new Set<() => void>();
  OPEN.set(socket, open);
  // One listener for the connection: Node warns of more than ten.
  socket.once('close', () => {
    for (const over of open) over();
  });
  return open;
}

import { connect } from 'node:net';

/** Of the responses, before it is dropped. */
const MOST_TEXT = 100 * 1024 * 1024;

/** Sends many requests at once on one connection. @returns the responses until it is closed, or until all are there */
export async function pipelined(url: string, path: string, count: number): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname);
    const responses = () => text.split('HTTP/1.1 200 OK\r\n').length - 1;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(count));
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1');
      if (text.length > MOST_TEXT) text = '';
      if (responses() === count) socket.end();
    });
    socket.on('error', () => undefined).on('close', () => resolve(responses()));
  });
}

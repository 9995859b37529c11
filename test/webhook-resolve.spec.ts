import { lookup } from 'node:dns/promises';
import { GuardedPost } from '../src/webhooks/guarded-post.js';
import { byNameServers, orOnThisMachine } from '../src/webhooks/resolve.js';
import { NameServer } from './support/name-server.js';
import { Receiver } from './support/receiver.js';

let server: NameServer;
let receiver: Receiver;
beforeAll(async () => {
  server = await NameServer.start('127.0.0.1');
  receiver = await Receiver.start();
});
afterAll(async () => {
  server.stop();
  await receiver.stop();
});

describe('the name of a receiver', () => {
  it('is resolved by the name server, and the address is checked and used', async () => {
    const resolve = byNameServers([server.address]);
    expect(await resolve('receiver.test')).toEqual([{ address: '127.0.0.1', family: 4 }]);
    const url = `http://receiver.test:${receiver.port}/`;
    const post = (allowPrivate: boolean) =>
      new GuardedPost({ allowPrivate, timeoutMs: 5_000 }, resolve).post(url, {}, '{}');
    expect(await post(true)).toMatchObject({ status: 204 });
    expect(await post(false)).toMatchObject({
      error: 'not sent: its name resolves to an address that is not public',
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('is also resolved by this machine in development', async () => {
    const unknown = () => Promise.reject(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }));
    const local = { address: '127.0.0.1', family: 4 };
    expect(await orOnThisMachine(unknown)('localhost')).toContainEqual(local);
  });

  it('whose name server does not respond delays no other look-up, and fails', async () => {
    const resolve = byNameServers([server.address]);
    const guard = new GuardedPost({ allowPrivate: false, timeoutMs: 300 }, resolve);
    const silent = Array.from({ length: 16 }, (_, i) => guard.post(`http://silent${i}.test/`, {}, '{}'));
    const first = await Promise.race([lookup('localhost').then(() => 'the other'), ...silent]);
    expect(first).toBe('the other');
    const errors = (await Promise.all(silent)).map(({ error }) => error);
    expect(new Set(errors)).toEqual(new Set(['no response within 0.3 s']));
    expect(new Set(server.asked.filter((name) => name.startsWith('silent'))).size).toBe(16);
  });
});

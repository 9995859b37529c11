import { lookup } from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GuardedPost } from '../src/webhooks/guarded-post.js';
import { byNameServers, orOnThisMachine } from '../src/webhooks/resolve.js';
import { NameServer } from './support/name-server.js';
import { Receiver } from './support/receiver.js';

const TENANT = 'a tenant';
/** Of a caller that waits for ever. */
const NEVER = new AbortController().signal;

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
    expect(await resolve('receiver.test', TENANT, NEVER)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    const url = `http://receiver.test:${receiver.port}/`;
    const post = (allowPrivate: boolean) =>
      new GuardedPost({ allowPrivate, timeoutMs: 5_000 }, resolve).post(TENANT, {
        url,
        headers: {},
        body: '{}',
      });
    expect(await post(true)).toMatchObject({ status: 204 });
    expect(await post(false)).toMatchObject({
      error: 'not sent: its name resolves to an address that is not public',
    });
    expect(receiver.received).toHaveLength(1);
  });

  it('is also resolved by this machine in development: localhost and the hosts file', async () => {
    const hostsFile = join(tmpdir(), `hosts-${process.pid}`);
    await writeFile(hostsFile, '127.0.0.1 host.docker.internal Desk # for tests\n#10.0.0.1 gone\n::1 desk\n');
    const unknown = () => Promise.reject(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }));
    const resolve = orOnThisMachine(unknown, hostsFile);
    const local = { address: '127.0.0.1', family: 4 };
    expect(await resolve('localhost', TENANT, NEVER)).toContainEqual(local);
    expect(await resolve('host.docker.internal', TENANT, NEVER)).toEqual([local]);
    expect(await resolve('desk', TENANT, NEVER)).toEqual([local, { address: '::1', family: 6 }]);
    await expect(resolve('gone', TENANT, NEVER)).rejects.toThrow('unknown');
    await expect(resolve('for', TENANT, NEVER)).rejects.toThrow('unknown');
  });

  it('whose name server does not respond delays no other look-up, and fails', async () => {
    const resolve = byNameServers([server.address]);
    const guard = new GuardedPost({ allowPrivate: false, timeoutMs: 300 }, resolve);
    const silent = Array.from({ length: 16 }, (_, i) =>
      guard.post(TENANT, { url: `http://silent${i}.test/`, headers: {}, body: '{}' }),
    );
    const first = await Promise.race([lookup('localhost').then(() => 'the other'), ...silent]);
    expect(first).toBe('the other');
    const errors = (await Promise.all(silent)).map(({ error }) => error);
    expect(new Set(errors)).toEqual(new Set(['no response within 0.3 s']));
    expect(new Set(server.asked.filter((name) => name.startsWith('silent'))).size).toBe(16);
  });
});

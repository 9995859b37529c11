import type { LookupAddress } from 'node:dns';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { GuardedPost } from '../src/webhooks/guarded-post.js';
import { isPublicAddress } from '../src/webhooks/public-address.js';
import { byNameServers, orOnThisMachine, type Resolve } from '../src/webhooks/resolve.js';
import { Receiver } from './support/receiver.js';

const PUBLIC = '93.184.215.14';
const LOOPBACK = '127.0.0.1';
const TENANT = 'a tenant';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.stop());

const addresses = (...all: string[]): LookupAddress[] =>
  all.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** A resolver that gives one response after the other, and the last one for ever. */
function resolver(...responses: string[][]) {
  const asked: string[] = [];
  const resolve: Resolve = (name) => {
    const response = responses[Math.min(asked.push(name), responses.length) - 1]!;
    return Promise.resolve(addresses(...response));
  };
  return { asked, resolve };
}

const guard = (resolve: Resolve = byNameServers()) =>
  new GuardedPost({ allowPrivate: false, timeoutMs: 5_000 }, resolve);
const open = (resolve: Resolve = orOnThisMachine(byNameServers()), timeoutMs = 5_000) =>
  new GuardedPost({ allowPrivate: true, timeoutMs }, resolve);
const post = (by: GuardedPost, url: string, signal?: AbortSignal) =>
  by.post(TENANT, { url, headers: { 'Content-Type': 'application/json' }, body: '{"a":1}' }, signal);

describe('case 22: a webhook URL of the own network', () => {
  const forms: [string, (port: number) => string][] = [
    ['loopback', (port) => `http://127.0.0.1:${port}/`],
    ['another address of loopback', (port) => `http://127.8.9.1:${port}/`],
    ['loopback over TLS', (port) => `https://127.0.0.1:${port}/`],
    ['loopback of IPv6', (port) => `http://[::1]:${port}/`],
    ['one number', (port) => `http://2130706433:${port}/`],
    ['a hexadecimal number', (port) => `http://0x7f.1:${port}/`],
    ['an octal number', (port) => `http://0177.0.0.01:${port}/`],
    ['fewer parts', (port) => `http://127.1:${port}/`],
    ['a dot at the end', (port) => `http://127.0.0.1.:${port}/`],
    ['digits of another script', (port) => `http://①②⑦.⓪.⓪.①:${port}/`],
    ['percent signs', (port) => `http://%31%32%37.0.0.1:${port}/`],
    ['backslashes', (port) => `http:\\\\127.0.0.1:${port}\\`],
    ['an IPv4 address mapped to IPv6', (port) => `http://[::ffff:127.0.0.1]:${port}/`],
    ['the same in hexadecimal', (port) => `http://[::ffff:7f00:1]:${port}/`],
    ['an IPv4-compatible address', (port) => `http://[::127.0.0.1]:${port}/`],
    ['NAT64', (port) => `http://[64:ff9b::127.0.0.1]:${port}/`],
    ['NAT64 of the own network', (port) => `http://[64:ff9b:1::127.0.0.1]:${port}/`],
    ['6to4', (port) => `http://[2002:7f00:1::]:${port}/`],
    ['Teredo', (port) => `http://[2001:0:7f00:1::]:${port}/`],
    ['all addresses', (port) => `http://0.0.0.0:${port}/`],
    ['all addresses of IPv6', (port) => `http://[::]:${port}/`],
    ['localhost', (port) => `http://localhost:${port}/`],
    ['localhost with a dot', (port) => `http://localhost.:${port}/`],
    ['LOCALHOST', (port) => `http://LOCALHOST:${port}/`],
    ['a name under localhost', (port) => `http://me.localhost:${port}/`],
    ['a user name', (port) => `http://user@example.com:${port}/`],
    ['a password', (port) => `http://:secret@example.com:${port}/`],
    ['no web address', () => 'ftp://example.com/'],
    ['a file', () => 'file:///etc/passwd'],
    ['no URL', () => 'example.com/hook'],
  ];

  it.each(forms)('is refused at creation, and nothing is sent: %s', async (_form, url) => {
    // A guard that asks the resolver about an address would accept this one.
    const { resolve } = resolver([PUBLIC]);
    const target = url(receiver.port);
    expect(await guard(resolve).refusalOf(TENANT, target)).toMatch(/^it/);
    expect(await post(guard(resolve), target)).toEqual({
      status: null,
      error: expect.stringMatching(/^not sent: it/),
      excerpt: '',
    });
    expect(receiver.connections).toBe(0);
  });

  it.each([
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '169.254.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '168.63.129.16',
    '127.0.0.1',
    '0.0.0.0',
    '0.1.2.3',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:0:127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:2::1',
    '2001:db8::1',
    '2002:a00:1::',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'not an address',
  ])('may not be %s, given or resolved', async (address) => {
    expect(isPublicAddress(address)).toBe(false);
    const { resolve } = resolver([address]);
    expect(await guard(resolve).refusalOf(TENANT, 'https://receiver.test/')).toMatch(/not public/);
    expect((await post(guard(resolve), 'https://receiver.test/')).error).toMatch(/^not sent: .*not public/);
  });

  it.each([PUBLIC, '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::200e'])(
    'may be %s',
    async (address) => {
      expect(isPublicAddress(address)).toBe(true);
      expect(await guard(resolver([address]).resolve).refusalOf(TENANT, 'https://receiver.test/')).toBeNull();
    },
  );

  it('is refused if one address of its name is private, without naming an address', async () => {
    const { resolve } = resolver([PUBLIC, LOOPBACK]);
    const url = `http://receiver.test:${receiver.port}/`;
    const response = await post(guard(resolve), url);
    expect(response.error).toBe('not sent: its name resolves to an address that is not public');
    expect(receiver.connections).toBe(0);
  });

  it('gets nothing if its name now resolves to such an address', async () => {
    const { resolve, asked } = resolver([PUBLIC], [LOOPBACK]);
    const url = `http://rebinding.test:${receiver.port}/`;
    expect(await guard(resolve).refusalOf(TENANT, url)).toBeNull();
    expect((await post(guard(resolve), url)).error).toMatch(/^not sent: /);
    expect(asked).toEqual(['rebinding.test', 'rebinding.test']);
    expect(receiver.connections).toBe(0);
  });

  it('gets nothing if the resolver changes its result between check and connection', async () => {
    // What is checked is what is connected to: the resolver is asked once, and nobody else is.
    const { resolve, asked } = resolver([LOOPBACK], [PUBLIC]);
    const response = await post(open(resolve), `http://no-such-name.invalid:${receiver.port}/path?query`);
    expect(response).toEqual({ status: 204, error: null, excerpt: '' });
    expect(asked).toEqual(['no-such-name.invalid']);
    expect(receiver.received).toMatchObject([
      { path: '/path?query', headers: { host: `no-such-name.invalid:${receiver.port}` }, body: '{"a":1}' },
    ]);
  });

  it.each([301, 302, 303, 307, 308])('gets nothing by a redirect with %s', async (status) => {
    const inside = await Receiver.start();
    try {
      receiver.says(status, { Location: inside.url });
      expect((await post(open(), receiver.url)).status).toBe(status);
      expect(inside.connections).toBe(0);
    } finally {
      await inside.stop();
    }
  });

  it('gets nothing by a proxy of the environment', async () => {
    const names = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'NODE_USE_ENV_PROXY'];
    const proxy = await Receiver.start();
    try {
      for (const name of names) Object.assign(process.env, { [name]: proxy.url });
      expect((await post(open(), receiver.url)).status).toBe(204);
      expect(proxy.connections).toBe(0);
    } finally {
      for (const name of names) Reflect.deleteProperty(process.env, name);
      await proxy.stop();
    }
  });

  it('is allowed in development', async () => {
    for (const host of ['127.0.0.1', 'localhost', '2130706433']) {
      const url = `http://${host}:${receiver.port}/`;
      expect(await open().refusalOf(TENANT, url)).toBeNull();
      expect((await post(open(), url)).status).toBe(204);
    }
    expect(await open().refusalOf(TENANT, 'http://user:secret@127.0.0.1/')).toMatch(/password/);
  });
});

describe('a name that does not resolve', () => {
  const nowhere: Resolve = () => Promise.reject(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }));

  it('is accepted, and its deliveries fail until it resolves', async () => {
    expect(await guard(nowhere).refusalOf(TENANT, 'https://receiver.test/')).toBeNull();
    expect((await post(guard(nowhere), 'https://receiver.test/')).error).toBe('the name does not resolve');
    expect((await post(guard(resolver([]).resolve), 'https://receiver.test/')).status).toBeNull();
  });
});

describe('a response', () => {
  const TIMEOUT = 300;
  const soon = () => post(open(undefined, TIMEOUT), receiver.url);

  it('that is too late is a failure', async () => {
    receiver.reply = () => undefined;
    expect(await soon()).toEqual({ status: null, error: 'no response within 0.3 s', excerpt: '' });
  });

  it('of a resolver that is too late is a failure', async () => {
    const never: Resolve = () => new Promise(() => undefined);
    expect((await post(open(never, TIMEOUT), 'http://receiver.test/')).error).toBe(
      'no response within 0.3 s',
    );
  });

  it('counts by its status, even if the body is slow', async () => {
    receiver.reply = (response) => response.writeHead(200).write('begun');
    expect(await soon()).toEqual({ status: 200, error: null, excerpt: 'begun' });
  });

  it('is read up to a limit, and the connection is closed', async () => {
    const closed = new Promise((resolve) => {
      receiver.reply = (response) => {
        response.on('close', resolve);
        response.writeHead(500);
        const pour = () => {
          while (response.write('x\0'.repeat(5_000)));
          response.once('drain', pour);
        };
        pour();
      };
    });
    expect(await post(open(), receiver.url)).toEqual({ status: 500, error: null, excerpt: 'x'.repeat(500) });
    await closed;
  });

  it.each<[string, string, RegExp]>([
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', /^Response does not match the HTTP/],
    [
      'that switches to another protocol',
      'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
      /./,
    ],
    ['with headers without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`, /UND_ERR_HEADERS_OVERFLOW/],
    ['that ends at once', '', /./],
  ])('%s is none', async (_what, bytes, error) => {
    receiver.reply = (response) => {
      response.socket?.end(bytes);
    };
    expect(await soon()).toEqual({ status: null, error: expect.stringMatching(error), excerpt: '' });
  });

  it('is missing without a server, and the error names no address', async () => {
    const { url } = receiver;
    await receiver.stop();
    expect((await post(open(), url)).error).toBe('the connection failed: ECONNREFUSED');
    receiver = await Receiver.start();
  });

  it('of a server without a certificate is a failure', async () => {
    const server = createTlsServer();
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { error } = await post(open(), `https://${LOOPBACK}:${port}/`);
      expect(error).toMatch(/^the connection failed: E/);
    } finally {
      server.close();
    }
  });

  it('does not delay the stop of the service', async () => {
    const stop = new AbortController();
    receiver.reply = () => stop.abort();
    const response = await post(open(), receiver.url, stop.signal);
    expect(response.error).toBe('cancelled because the service is stopping');
    expect((await post(open(), receiver.url, stop.signal)).error).toMatch(/stopping/);
  });
});

import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { isLocalhost } from './target.js';

/**
 * Resolves a name of a tenant to all its addresses.
 * @param signal aborts when nobody waits for the result any more
 */
export type Resolve = (
  name: string,
  tenantId: string,
  signal: AbortSignal,
) => Promise<readonly LookupAddress[]>;

/** Each name server has two tries, of 1 s and 2 s. */
const PATIENCE = { timeout: 1_000, tries: 2 };
/** The limit for a lookup, however many name servers there are. */
const LIMIT_MS = 4_000;

const HOSTS_FILE = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Resolves by name servers; by default those of this machine. `dns.lookup` would block: it waits on four threads that
 * the whole process shares, so four silent name servers would delay every other lookup, including those for the database.
 */
export function byNameServers(servers?: readonly string[], limitMs = LIMIT_MS): Resolve {
  return async (name) => {
    const resolver = new Resolver(PATIENCE);
    if (servers !== undefined) resolver.setServers(servers);
    const timer = setTimeout(() => resolver.cancel(), limitMs);
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    clearTimeout(timer);
    const addresses = [...addressesOf(four, 4), ...addressesOf(six, 6)];
    if (addresses.length === 0 && four.status === 'rejected') throw four.reason;
    return addresses;
  };
}

/** For development: also resolves the names that only this machine knows: localhost and those of its hosts file. */
export function orOnThisMachine(resolve: Resolve, hostsFile = HOSTS_FILE): Resolve {
  return async (name, tenantId, signal) => {
    const known = addressesIn(await readFile(hostsFile, 'utf8').catch(() => ''), name);
    if (known.length > 0) return known;
    return isLocalhost(name) ? LOOPBACK : resolve(name, tenantId, signal);
  };
}

function addressesOf(found: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return found.status === 'fulfilled' ? found.value.map((address) => ({ address, family })) : [];
}

/** Each line of a hosts file is an address with its names. */
function addressesIn(hosts: string, name: string): LookupAddress[] {
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const isNamed = names.some((each) => each.toLowerCase() === name.toLowerCase());
    return isNamed && isIP(address) !== 0 ? [{ address, family: isIP(address) }] : [];
  });
}

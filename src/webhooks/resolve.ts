import type { LookupAddress } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** One question: a name server that does not respond within two tries, 2 s and 4 s, is given up. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * Asks name servers, those of this machine unless others are given. It is not `dns.lookup`, which waits for them on two
 * threads that the whole process shares: two names whose servers are silent would hold up every other look-up, those of
 * the database too.
 */
export function byNameServers(servers?: readonly string[]): Resolve {
  return async (name) => {
    const resolver = new Resolver(PATIENCE);
    if (servers !== undefined) resolver.setServers(servers);
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = [...addressesOf(four, 4), ...addressesOf(six, 6)];
    if (addresses.length === 0 && four.status === 'rejected') throw four.reason;
    return addresses;
  };
}

/** For development: also names that only this machine knows, such as localhost and those of /etc/hosts. */
export function orOnThisMachine(resolve: Resolve): Resolve {
  return async (name) => {
    try {
      return await resolve(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTFOUND') throw error;
      return lookup(name, { all: true });
    }
  };
}

function addressesOf(found: PromiseSettledResult<string[]>, family: 4 | 6): LookupAddress[] {
  return found.status === 'fulfilled' ? found.value.map((address) => ({ address, family })) : [];
}

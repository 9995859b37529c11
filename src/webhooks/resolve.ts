import type { LookupAddress } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';

/** Resolves a name to all its addresses. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

/** The limit for one lookup: a name server has two tries, of 2 s and 4 s. */
const PATIENCE = { timeout: 2_000, tries: 2 };

/**
 * Resolves by name servers; by default those of this machine. `dns.lookup` would block: it waits on threads that the
 * whole process shares, so two silent name servers would delay every other lookup, including those for the database.
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

/** For development: also resolves names that only this machine knows, such as localhost and names in /etc/hosts. */
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

import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The part of IPv6 that the internet routes. Most addresses that embed an IPv4 address are outside of it. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** A public address at which virtual machines of Azure reach their metadata. Other clouds use 169.254.169.254. */
const METADATA_OF_AZURE = '168.63.129.16';

/**
 * Whether an address belongs to the public internet: not to this machine, its network, its cloud or a reserved range.
 * An IPv6 address that embeds an IPv4 address (mapped, NAT64, 6to4, Teredo) never counts as public.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address === METADATA_OF_AZURE) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}

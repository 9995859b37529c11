import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All of IPv6 that is routed in the internet; what embeds an IPv4 address in another way lies outside of it. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Of the public range, and yet answers inside of every virtual machine of Azure, as 169.254.169.254 does elsewhere. */
const METADATA_OF_AZURE = '168.63.129.16';

/**
 * Whether an address belongs to somebody in the internet: not to this machine, not to the network it stands in, not to
 * the cloud it runs on, and not to a range that is kept for other purposes. IPv6 addresses that stand for an IPv4 one
 * (mapped, NAT64, 6to4, Teredo) never do, whatever they stand for.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address === METADATA_OF_AZURE) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}

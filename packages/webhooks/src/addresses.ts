import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';

/** Finds the addresses of a name, as `dns.lookup` with `all`. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export const resolveBySystem: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** A target that nothing is sent to. */
class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
}

/**
 * The address of a name to connect to. Throws `TargetRefused` when any of its addresses is not one of the public
 * network, unless `allowPrivate`: whoever answers for the name could otherwise have requests sent into the network of
 * the service.
 */
export async function publicAddress(
  hostname: string,
  { resolve, allowPrivate }: { readonly resolve: Resolve; readonly allowPrivate: boolean },
): Promise<LookupAddress> {
  const found = await resolve(hostname.replace(/^\[(.*)\]$/, '$1'));
  const [first] = found;
  if (first === undefined) throw new TargetRefused(`The name ${hostname} has no address.`);
  const refused = found.find(({ address }) => !isPublic(address));
  if (refused !== undefined && !allowPrivate) {
    throw new TargetRefused(`The address ${refused.address} of ${hostname} is not one of the public network.`);
  }
  return first;
}

/**
 * IPv4 addresses inside IPv6 ones (mapped, 6to4, NAT64 …) count as what they are: no unicast of their own, and refused.
 */
function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

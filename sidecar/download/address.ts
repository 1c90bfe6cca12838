import ipaddr from "ipaddr.js";

/** Global unicast, RFC 4291; everything else of IPv6 is reserved or for special use. */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
/** Well-known prefix of NAT64, RFC 6052: the last 32 bits are the IPv4 address that is reached. */
const nat64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
/** Of the internet by its number, of the host it runs on in fact: Azure's agent for virtual machines. */
const hostAgent = "168.63.129.16";

/**
 * Whether an IP address belongs to the internet: not to this machine, its network, a cloud's metadata service or
 * anything reserved. What embeds an IPv4 address is judged by it; tunnels (6to4, Teredo) are refused.
 */
export function isPublicAddress(text: string): boolean {
	if (!ipaddr.isValid(text)) return false;
	const address = ipaddr.process(text);
	if (address instanceof ipaddr.IPv4)
		return address.range() === "unicast" && address.toString() !== hostAgent;
	if (address.match(nat64))
		return isPublicAddress(address.toByteArray().slice(-4).join("."));
	return address.range() === "unicast" && address.match(globalUnicast);
}

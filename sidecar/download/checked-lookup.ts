import type { LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { SidecarError } from "../errors.ts";
import { isPublicAddress } from "./address.ts";

/** Asks for all the addresses of a name, as `dns.lookup` does. */
export type LookupAll = (
	host: string,
	options: { all: true },
	callback: (
		error: NodeJS.ErrnoException | null,
		addresses: LookupAddress[],
	) => void,
) => void;

/**
 * A lookup that leaves out every address that is not of the internet. What it gives is what is connected to, so that a
 * name which resolves to another address the next time gains nothing.
 */
export function checkedLookup(lookup: LookupAll): LookupFunction {
	return (host, options, callback) => {
		lookup(host, { ...options, all: true }, (error, found) => {
			if (error) return callback(error, []);
			const allowed = found.filter(({ address }) => isPublicAddress(address));
			const [first] = allowed;
			if (!first) return callback(refusal(host), []);
			if (options.all) callback(null, allowed);
			else callback(null, first.address, first.family);
		});
	};
}

/** Refuses a host that is an address itself: no lookup ever sees it. @throws SidecarError bad_request */
export function requirePublicHost({ hostname }: URL): void {
	const host = hostname.replace(/^\[|\]$/g, "");
	if (isIP(host) && !isPublicAddress(host)) throw refusal(host);
}

/** The address itself is not told: which names an inner network knows is nobody's business. */
function refusal(host: string): SidecarError {
	return new SidecarError(
		"bad_request",
		`${host} has no public address: private, loopback and link-local ones are allowed by SIDECAR_DOWNLOAD_PRIVATE_ADDRESSES alone`,
	);
}

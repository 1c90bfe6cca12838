import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "../../sidecar/download/address.ts";
import {
	checkedLookup,
	type LookupAll,
} from "../../sidecar/download/checked-lookup.ts";

describe("an address that a model's URL leads to", () => {
	it.each([
		["127.0.0.1", "loopback"],
		["127.255.255.254", "loopback"],
		["0.0.0.0", "this machine"],
		["0.1.2.3", "this network"],
		["10.1.2.3", "private"],
		["172.31.255.255", "private"],
		["192.168.0.1", "private"],
		["169.254.169.254", "a cloud's metadata"],
		["100.64.0.1", "carrier-grade NAT"],
		["100.100.100.200", "a cloud's metadata"],
		["168.63.129.16", "Azure's agent"],
		["192.0.0.192", "a cloud's metadata"],
		["192.0.2.1", "documentation"],
		["198.18.0.1", "benchmarks"],
		["224.0.0.1", "multicast"],
		["240.0.0.1", "reserved"],
		["255.255.255.255", "broadcast"],
		["::", "unspecified"],
		["::1", "loopback"],
		["::7f00:1", "IPv4 in IPv6, once"],
		["::ffff:127.0.0.1", "IPv4-mapped"],
		["::ffff:a9fe:a9fe", "IPv4-mapped"],
		["::ffff:0:7f00:1", "IPv4-translated"],
		["64:ff9b::7f00:1", "NAT64"],
		["64:ff9b::a9fe:a9fe", "NAT64"],
		["64:ff9b:1::5db8:d822", "a network's own NAT64"],
		["2002:7f00:1::", "6to4"],
		["2001:0:53aa:64c::", "Teredo"],
		["2001:db8::1", "documentation"],
		["fc00::1", "unique local"],
		["fd00:ec2::254", "a cloud's metadata"],
		["fe80::1", "link-local"],
		["fe80::1%eth0", "link-local"],
		["fec0::1", "site-local"],
		["ff02::1", "multicast"],
		["4000::1", "unassigned"],
		["", "nothing"],
		["example.org", "a name"],
	])("%s is refused: %s", (address) => {
		expect(isPublicAddress(address)).toBe(false);
	});

	it.each([
		"93.184.216.34",
		"172.32.0.1",
		"100.128.0.1",
		"2606:2800:220:1:248:1893:25c8:1946",
		"::ffff:93.184.216.34",
		"64:ff9b::5db8:d822",
	])("%s is one of the internet", (address) => {
		expect(isPublicAddress(address)).toBe(true);
	});
});

describe("a name that a model's URL leads to", () => {
	const resolvesTo =
		(...addresses: string[]): LookupAll =>
		(_host, _options, callback) =>
			callback(
				null,
				addresses.map((address) => ({
					address,
					family: address.includes(":") ? 6 : 4,
				})),
			);

	function resolve(lookup: LookupAll, all: boolean) {
		return new Promise<string | LookupAddress[]>((done, failed) => {
			checkedLookup(lookup)("host.example", { all }, (error, address) =>
				error ? failed(error) : done(address),
			);
		});
	}

	it.each([true, false])(
		"is connected to by a public address alone (all of them: %s)",
		async (all) => {
			const mixed = resolvesTo("10.0.0.1", "93.184.216.34", "::1");
			expect(await resolve(mixed, all)).toEqual(
				all ? [{ address: "93.184.216.34", family: 4 }] : "93.184.216.34",
			);
		},
	);

	it("is refused where it has none, without telling which it has", async () => {
		const inner = resolvesTo("10.0.0.1", "::1");
		const refused = resolve(inner, true);
		await expect(refused).rejects.toMatchObject({ code: "bad_request" });
		await expect(refused).rejects.toThrow(
			/^host\.example has no public address: (?!.*10\.0)/,
		);
	});

	it("is asked for each time: an answer that changes is checked again", async () => {
		const answers = [["93.184.216.34"], ["127.0.0.1"]];
		const rebinding: LookupAll = (host, options, callback) =>
			resolvesTo(...(answers.shift() ?? []))(host, options, callback);
		expect(await resolve(rebinding, false)).toBe("93.184.216.34");
		await expect(resolve(rebinding, false)).rejects.toThrow("no public");
	});
});

import { networkInterfaces } from "node:os";
import type { Settings } from "../schemas/settings.ts";

const everywhere: ReadonlySet<string> = new Set(["0.0.0.0", "[::]"]);

/**
 * Where other sidecars reach this one: the setting, or else the address it listens on, or the machine's first one
 * where it listens on all of them.
 *
 * @param address scheme, host and port that the server listens on
 */
export function advertisedAddress(
	{ SIDECAR_ADVERTISED_URL: given }: Settings,
	address: string,
): string {
	if (given !== "") return given.replace(/\/$/, "");
	const url = new URL(address);
	if (everywhere.has(url.hostname))
		url.hostname = firstAddress() ?? "127.0.0.1";
	return url.origin;
}

function firstAddress(): string | undefined {
	return Object.values(networkInterfaces())
		.flatMap((addresses) => addresses ?? [])
		.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}

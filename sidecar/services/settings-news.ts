import type { Logger } from "pino";
import type { PeerClient } from "../peers/peer-client.ts";
import type { NodeRegistry } from "./node-registry.ts";

/** Time for a sidecar to say that it has read the settings, milliseconds; it reads them by itself with its next look. */
const timeoutMs = 2_000;

/** Tells every other sidecar that the cluster's settings have changed, and waits until they are in force there. */
export async function announceSettings({
	registry,
	peers,
	logger,
}: {
	registry: NodeRegistry;
	peers: PeerClient;
	logger: Logger;
}): Promise<void> {
	// Whoever has not joined yet knows no others.
	if (!registry.joined) return;
	await Promise.all(
		registry.peers().map(async (peer) => {
			try {
				await peers.call(peer, {
					method: "POST",
					path: "/settings",
					timeoutMs,
				});
			} catch (error) {
				logger.warn(
					{ err: error, peer: peer.id },
					"a sidecar has the new settings a little later",
				);
			}
		}),
	);
}

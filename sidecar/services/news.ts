import type { Logger } from "pino";
import type { PeerClient } from "../peers/peer-client.ts";
import type { NodeRegistry } from "./node-registry.ts";

/** Time for a sidecar to say that it has taken a piece of news, milliseconds. */
const timeoutMs = 2_000;

/** Whom to tell, and with what. */
export interface NewsParts {
	registry: NodeRegistry;
	peers: PeerClient;
	logger: Logger;
}

/**
 * Tells every other sidecar of something that has changed, and waits until they have heard it.
 *
 * @param path of their internal API
 * @param late what it means that one can't be told
 */
export async function tellOthers(
	{ registry, peers, logger }: NewsParts,
	path: string,
	late: string,
): Promise<void> {
	// Whoever has not joined yet knows no others.
	if (!registry.joined) return;
	await Promise.all(
		registry.peers().map(async (peer) => {
			try {
				await peers.call(peer, { method: "POST", path, timeoutMs });
			} catch (error) {
				logger.warn({ err: error, peer: peer.id }, late);
			}
		}),
	);
}

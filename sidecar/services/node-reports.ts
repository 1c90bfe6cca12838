import type { Logger } from "pino";
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { NodeProfile, NodeStats } from "../../schemas/stats.ts";
import type { Peer, PeerClient } from "../peers/peer-client.ts";
import type { NodeRegistry } from "./node-registry.ts";
import type { NodeReport } from "./node-report.ts";

export interface NodeReportsOptions {
	own: NodeReport;
	registry: NodeRegistry;
	peers: PeerClient;
	logger: Logger;
}

/** Time for a sidecar to report, milliseconds. */
const reportTimeoutMs = 5_000;

/** What every sidecar of the cluster says of itself, by node id; one that does not answer is left out. */
export class NodeReports {
	readonly #options: NodeReportsOptions;

	constructor(options: NodeReportsOptions) {
		this.#options = options;
	}

	/** @param nodeIds whose; everybody's without it */
	stats(nodeIds?: readonly string[]): Promise<Record<string, NodeStats>> {
		return this.#collect({
			nodeIds,
			own: this.#options.own.stats(),
			path: "/stats",
			schema: NodeStats,
		});
	}

	/** @param nodeIds whose; everybody's without it */
	profiles(nodeIds?: readonly string[]): Promise<Record<string, NodeProfile>> {
		return this.#collect({
			nodeIds,
			own: this.#options.own.profile(),
			path: "/profile",
			schema: NodeProfile,
		});
	}

	async #collect<S extends TSchema>(question: {
		nodeIds: readonly string[] | undefined;
		own: Static<S>;
		path: string;
		schema: S;
	}): Promise<Record<string, Static<S>>> {
		const { registry } = this.#options;
		const { nodeIds, own } = question;
		const isAsked = (id: string) => !nodeIds || nodeIds.includes(id);
		const others = await Promise.all(
			registry
				.peers()
				.filter(({ id }) => isAsked(id))
				.map((peer) => this.#ask(peer, question)),
		);
		return Object.assign(
			isAsked(registry.id) ? { [registry.id]: own } : {},
			...others,
		);
	}

	async #ask<S extends TSchema>(
		peer: Peer,
		{ path, schema }: { path: string; schema: S },
	): Promise<Record<string, Static<S>>> {
		const { peers, logger } = this.#options;
		try {
			const { text } = await peers.call(peer, {
				method: "GET",
				path,
				timeoutMs: reportTimeoutMs,
			});
			return { [peer.id]: Value.Parse(schema, JSON.parse(text)) };
		} catch (error) {
			logger.warn({ err: error, peer: peer.id }, "a sidecar does not report");
			return {};
		}
	}
}

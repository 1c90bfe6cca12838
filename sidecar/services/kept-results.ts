import type { Logger } from "pino";
import { Value } from "typebox/value";
import { ClearedResults } from "../../schemas/cleared-results.ts";
import { SidecarError } from "../errors.ts";
import type { Peer, PeerClient } from "../peers/peer-client.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ModelStore } from "../store/models.ts";
import { modelIdentity } from "./model-loader.ts";
import type { NodeRegistry } from "./node-registry.ts";

export interface KeptResultsOptions {
	models: ModelStore;
	runtime: Pick<Runtime, "clearCache">;
	registry: NodeRegistry;
	peers: PeerClient;
	logger: Logger;
}

/** What became of it: on each sidecar how many results were forgotten, or why they were not. */
export interface ClearAnswer {
	cleared: Record<string, number>;
	failures?: Record<string, string>;
}

/** Time for another sidecar to forget its results, milliseconds. */
const peerTimeoutMs = 5_000;

/** The results of models that the sidecars keep, so that a text that comes again is not run again. */
export class KeptResults {
	readonly #options: KeptResultsOptions;

	constructor(options: KeptResultsOptions) {
		this.#options = options;
	}

	/**
	 * Makes every sidecar forget the results of a model, or of all models.
	 *
	 * @throws SidecarError not_found for a model that is not there
	 */
	async clear(modelId?: string): Promise<ClearAnswer> {
		const { registry } = this.#options;
		// Also of a model that is not in memory now: it would find them when it comes back.
		const identity =
			modelId === undefined ? undefined : await this.#identityOf(modelId);
		await registry.look();
		const answer: ClearAnswer = {
			cleared: { [registry.id]: this.clearHere(identity) },
		};
		await Promise.all(
			registry.peers().map((peer) => this.#ask(peer, identity, answer)),
		);
		return answer;
	}

	/** This sidecar's part. @returns how many there were */
	clearHere(identity?: string): number {
		return this.#options.runtime.clearCache(identity);
	}

	async #identityOf(modelId: string): Promise<string> {
		const model = await this.#options.models.get(modelId);
		if (!model || model.sidecar.deleting)
			throw new SidecarError("not_found", "Failed to find model");
		return modelIdentity(model);
	}

	async #ask(
		peer: Peer,
		identity: string | undefined,
		answer: ClearAnswer,
	): Promise<void> {
		const { peers, logger } = this.#options;
		try {
			const { status, text } = await peers.call(peer, {
				method: "POST",
				path: "/cache/clear",
				body: JSON.stringify({ identity }),
				timeoutMs: peerTimeoutMs,
			});
			if (status !== 200)
				throw new SidecarError("upstream_broken", `status ${status}: ${text}`);
			const { entries } = Value.Parse(ClearedResults, JSON.parse(text));
			answer.cleared[peer.id] = entries;
		} catch (error) {
			logger.warn({ err: error, peer: peer.id }, "results are still kept");
			answer.failures = {
				...answer.failures,
				[peer.id]: error instanceof Error ? error.message : String(error),
			};
		}
	}
}

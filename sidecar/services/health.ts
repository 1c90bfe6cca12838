import type { ClusterStore } from "../store/cluster.ts";

/** Whether the sidecar can do its work. */
export class HealthService {
	readonly #cluster: ClusterStore;
	readonly #timeoutMs: number;

	constructor(cluster: ClusterStore, timeoutMs: number) {
		this.#cluster = cluster;
		this.#timeoutMs = timeoutMs;
	}

	/** Why it can't; undefined when it can. */
	async problem(): Promise<string | undefined> {
		try {
			await this.#cluster.ping(this.#timeoutMs);
			return undefined;
		} catch (error) {
			return error instanceof Error ? error.message : String(error);
		}
	}
}

import { type GuardedPipeline, readGuards } from "../../ingest/guard.ts";
import type { IndexPipelines, PipelineStore } from "../store/pipelines.ts";
import { ExpiringCache } from "./expiring-cache.ts";

/** Index names that are remembered at most. */
const maxIndices = 10_000;
const none = "_none";

/** Names that mean several indices, or one only by the date: OpenSearch runs no default pipeline for them. */
const notOneIndex = /[*,<>]/;

export interface PipelineServiceOptions {
	store: PipelineStore;
	/** How long what the cluster said is good for. */
	cacheMs: number;
	now: () => number;
}

/** Which of the sidecar's processors a write has to go through; what the cluster says is remembered for a while. */
export class PipelineService {
	readonly #store: PipelineStore;
	readonly #guarded: ExpiringCache<Map<string, GuardedPipeline>>;
	readonly #indices: ExpiringCache<IndexPipelines>;

	constructor({ store, cacheMs, now }: PipelineServiceOptions) {
		this.#store = store;
		this.#guarded = new ExpiringCache({ ttlMs: cacheMs, maxEntries: 1, now });
		this.#indices = new ExpiringCache({
			ttlMs: cacheMs,
			maxEntries: maxIndices,
			now,
		});
	}

	/** Whether any pipeline of the cluster holds a processor of the sidecar's. */
	async anyGuarded(): Promise<boolean> {
		return (await this.#all()).size > 0;
	}

	/**
	 * The guarded pipelines that a write runs through, in order.
	 *
	 * @param index the index the write names
	 * @param requested the pipeline the write names; it stands for the index's default pipeline, not for the
	 * final one
	 */
	async forWrite(
		index: string | undefined,
		requested: string | undefined,
	): Promise<GuardedPipeline[]> {
		const guarded = await this.#all();
		if (guarded.size === 0) return [];
		const own = await this.#ofIndex(index);
		const first = requested === none ? undefined : (requested ?? own.default);
		return [first, own.final].flatMap((id) =>
			id === undefined ? [] : (guarded.get(id) ?? []),
		);
	}

	/** Forgets what the cluster said, because a pipeline was just changed through this sidecar. */
	forget(): void {
		this.#guarded.clear();
		this.#indices.clear();
	}

	async #ofIndex(index: string | undefined): Promise<IndexPipelines> {
		if (index === undefined || notOneIndex.test(index)) return {};
		return this.#indices.get(index, () => this.#store.ofIndex(index));
	}

	#all(): Promise<Map<string, GuardedPipeline>> {
		return this.#guarded.get("", async () => {
			const pipelines = [...(await this.#store.all())];
			return new Map(
				pipelines.flatMap(([id, stored]) => {
					const guards = readGuards(stored);
					return guards ? [[id, guards] as const] : [];
				}),
			);
		});
	}
}

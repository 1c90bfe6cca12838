import {
	guardsIn,
	type StoredPipelines,
	stepsBehind,
	stepsOf,
} from "../../ingest/guard.ts";
import type { Step } from "../../ingest/step.ts";
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

/** The cluster's pipelines, and what of them is the sidecar's to do. */
interface Pipelines {
	stored: StoredPipelines;
	/** Whether any of them holds a processor of the sidecar's. */
	guarded: boolean;
	/** Steps of writes, by the ids of their first and their final pipeline: equal writes have the very same. */
	steps: Map<string, readonly Step[]>;
}

/** What the sidecar has to do for a write. */
export interface WritePlan {
	/** The processors that it runs, in order. */
	steps: readonly Step[];
	/** The id of the first pipeline, where the index says it and not the write. */
	implied: string | undefined;
}

const nothing: readonly Step[] = [];

/** Which of the sidecar's processors a write has to go through; what the cluster says is remembered for a while. */
export class PipelineService {
	readonly #options: PipelineServiceOptions;
	readonly #pipelines: ExpiringCache<Pipelines>;
	readonly #indices: ExpiringCache<IndexPipelines>;

	constructor(options: PipelineServiceOptions) {
		this.#options = options;
		const { cacheMs, now } = options;
		this.#pipelines = new ExpiringCache({ ttlMs: cacheMs, maxEntries: 1, now });
		this.#indices = new ExpiringCache({
			ttlMs: cacheMs,
			maxEntries: maxIndices,
			now,
		});
	}

	/** Whether any pipeline of the cluster holds a processor of the sidecar's. */
	async anyGuarded(): Promise<boolean> {
		return (await this.#all()).guarded;
	}

	/**
	 * What is to be done for a write.
	 *
	 * @param index the index the write names
	 * @param requested the pipeline the write names; it stands for the index's default pipeline, not for the
	 * final one
	 */
	async forWrite(
		index: string | undefined,
		requested: string | undefined,
	): Promise<WritePlan> {
		const pipelines = await this.#all();
		if (!pipelines.guarded) return { steps: nothing, implied: undefined };
		const own = await this.#ofIndex(index);
		const first = requested === none ? undefined : (requested ?? own.default);
		return {
			steps: stepsThrough(pipelines, first, own.final),
			implied: requested === undefined ? own.default : undefined,
		};
	}

	/** Forgets what the cluster said, because a pipeline was just changed through this sidecar. */
	forget(): void {
		this.#pipelines.clear();
		this.#indices.clear();
	}

	async #ofIndex(index: string | undefined): Promise<IndexPipelines> {
		if (index === undefined || notOneIndex.test(index)) return {};
		const { store } = this.#options;
		return this.#indices.get(index, () => store.ofIndex(index));
	}

	#all(): Promise<Pipelines> {
		return this.#pipelines.get("", async () => {
			const stored = await this.#options.store.all();
			const guarded = [...stored.values()].some(
				(definition) => guardsIn(definition).length > 0,
			);
			return { stored, guarded, steps: new Map() };
		});
	}
}

function stepsThrough(
	{ stored, steps }: Pipelines,
	first: string | undefined,
	final: string | undefined,
): readonly Step[] {
	const key = JSON.stringify([first, final]);
	const known = steps.get(key);
	if (known) return known;
	const found = [
		...(first === undefined ? [] : stepsOf(first, stored)),
		...(final === undefined
			? []
			: first !== undefined && stored.has(first)
				? stepsBehind(first, final, stored)
				: stepsOf(final, stored)),
	];
	steps.set(key, found);
	return found;
}

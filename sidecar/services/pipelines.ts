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

/** The cluster's pipelines: which there are, and which of them hold processors of the sidecar's. */
interface Pipelines {
	ids: ReadonlySet<string>;
	guarded: ReadonlyMap<string, GuardedPipeline>;
	/** Guarded final pipelines behind another one, by both ids. */
	chained: Map<string, GuardedPipeline>;
}

/** The pipelines that a write runs through. */
export interface WritePipelines {
	/** Those with processors of the sidecar's, in order. */
	guards: readonly GuardedPipeline[];
	/** The id of the first one, where the index says it and not the write. */
	implied: string | undefined;
}

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
		return (await this.#all()).guarded.size > 0;
	}

	/**
	 * What a write runs through.
	 *
	 * @param index the index the write names
	 * @param requested the pipeline the write names; it stands for the index's default pipeline, not for the
	 * final one
	 */
	async forWrite(
		index: string | undefined,
		requested: string | undefined,
	): Promise<WritePipelines> {
		const pipelines = await this.#all();
		if (pipelines.guarded.size === 0) return { guards: [], implied: undefined };
		const own = await this.#ofIndex(index);
		const first = requested === none ? undefined : (requested ?? own.default);
		const guards = [
			first === undefined ? undefined : pipelines.guarded.get(first),
			own.final === undefined ? undefined : chain(pipelines, first, own.final),
		];
		return {
			guards: guards.filter((guard) => guard !== undefined),
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
			const guarded = new Map<string, GuardedPipeline>();
			for (const [id, definition] of stored) {
				const guards = readGuards(definition);
				if (guards) guarded.set(id, guards);
			}
			return { ids: new Set(stored.keys()), guarded, chained: new Map() };
		});
	}
}

/** A guarded final pipeline: its steps see what the pipeline before it leaves. */
function chain(
	{ ids, guarded, chained }: Pipelines,
	first: string | undefined,
	final: string,
): GuardedPipeline | undefined {
	const guards = guarded.get(final);
	if (!guards || first === undefined || !ids.has(first)) return guards;
	const key = JSON.stringify([first, final]);
	const before = guarded.get(first)?.core ?? [{ pipeline: { name: first } }];
	const known = chained.get(key);
	if (known || before.length === 0) return known ?? guards;
	const behind = {
		...guards,
		steps: guards.steps.map((step) => ({
			...step,
			prelude: [...before, ...step.prelude],
		})),
	};
	chained.set(key, behind);
	return behind;
}

import {
	guardsIn,
	type StoredPipelines,
	stepsOf,
	stepsThrough,
} from "../../../ingest/pipelines/guard.ts";
import { isSemanticPipeline } from "../../../ingest/semantic/semantic-pipeline.ts";
import type { Step } from "../../../ingest/step.ts";
import {
	type IndexPipelines,
	noPipeline,
} from "../../store/index-pipelines.ts";
import type { PipelineStore } from "../../store/pipelines.ts";
import { ExpiringCache } from "../expiring-cache.ts";

/** Index names that are remembered at most. */
const maxIndices = 10_000;

export interface PipelineServiceOptions {
	store: PipelineStore;
	/** How long what the cluster said is good for. */
	cacheMs: number;
	now: () => number;
	/** Has the other sidecars forget it. */
	announce: () => Promise<void>;
	/** Whatever else is remembered of pipelines and indices: it is forgotten at the same time. */
	related: readonly Forgetful[];
}

export interface Forgetful {
	forget(): void;
}

/** The cluster's pipelines, and what of them is the sidecar's to do. */
interface Pipelines {
	stored: StoredPipelines;
	/** Whether any of them holds a processor of the sidecar's. */
	guarded: boolean;
	/** Whether any of them makes the vectors of `semantic` fields. */
	semantic: boolean;
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

/** What the sidecar has to do for a document in a simulation. */
export interface SimulatedWay {
	steps: readonly Step[];
	/** The ids of pipelines with guards by their marks. */
	ids: ReadonlyMap<string, string>;
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

	/** Whether any pipeline of the cluster makes the vectors of `semantic` fields. */
	async anySemantic(): Promise<boolean> {
		return (await this.#all()).semantic;
	}

	/** The ids of the cluster's pipelines. */
	async ids(): Promise<Iterable<string>> {
		return (await this.#all()).stored.keys();
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
		const first =
			requested === noPipeline ? undefined : (requested ?? own.default);
		return {
			steps: stepsBetween(pipelines, first, own.final),
			implied: requested === undefined ? own.default : undefined,
		};
	}

	/**
	 * What is to be done for a document that OpenSearch simulates going through a pipeline.
	 *
	 * @param pipeline its id, or a definition with guards that is stored nowhere
	 */
	async forSimulation(
		pipeline: string | { id: string; definition: unknown },
	): Promise<SimulatedWay> {
		const { stored } = await this.#all();
		if (typeof pipeline === "string") return wayThrough(pipeline, stored);
		const { id, definition } = pipeline;
		return wayThrough(id, new Map([...stored, [id, definition]]));
	}

	/** Forgets what the cluster said, here and in the other sidecars: it was just changed through this one. */
	async changed(): Promise<void> {
		this.forget();
		await this.#options.announce();
	}

	/** Forgets what the cluster said. */
	forget(): void {
		this.#pipelines.clear();
		this.#indices.clear();
		for (const other of this.#options.related) other.forget();
	}

	async #ofIndex(index: string | undefined): Promise<IndexPipelines> {
		if (index === undefined) return {};
		const { store } = this.#options;
		return this.#indices.get(index, () => store.ofIndex(index));
	}

	#all(): Promise<Pipelines> {
		return this.#pipelines.get("", async () => {
			const stored = await this.#options.store.all();
			const guarded = [...stored.values()].some(
				(definition) => guardsIn(definition).length > 0,
			);
			const semantic = [...stored.keys()].some(isSemanticPipeline);
			return { stored, guarded, semantic, steps: new Map() };
		});
	}
}

function wayThrough(id: string, pipelines: StoredPipelines): SimulatedWay {
	const ids = [...pipelines].flatMap(([name, definition]) =>
		guardsIn(definition).map(({ mark }) => [mark, name] as const),
	);
	return { steps: stepsOf(id, pipelines), ids: new Map(ids) };
}

function stepsBetween(
	{ stored, steps }: Pipelines,
	first: string | undefined,
	final: string | undefined,
): readonly Step[] {
	// Pipelines that there are not, which OpenSearch refuses, are not remembered: anyone may name as many as they like.
	const [own, last] = [first, final].map((id) =>
		id !== undefined && stored.has(id) ? id : undefined,
	);
	const key = JSON.stringify([own, last]);
	const known = steps.get(key);
	if (known) return known;
	const found = allSteps(stored, own, last);
	steps.set(key, found);
	return found;
}

function allSteps(
	stored: StoredPipelines,
	first: string | undefined,
	final: string | undefined,
): readonly Step[] {
	if (final === undefined)
		return first === undefined ? nothing : stepsOf(first, stored);
	return first === undefined
		? stepsOf(final, stored)
		: stepsThrough(first, final, stored);
}

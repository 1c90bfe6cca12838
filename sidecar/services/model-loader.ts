import { isDeepStrictEqual } from "node:util";
import type { ModelConfig, StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import { fittingAllocations } from "../runtime/memory/memory-need.ts";
import type { ModelCache } from "../runtime/model-cache.ts";
import type {
	LoadedModel,
	ModelFacts,
	ModelSpec,
	ModelStats,
	RunSettings,
} from "../runtime/model-spec.ts";
import type { LoadOptions, Runtime } from "../runtime/runtime.ts";
import type { ChunkStore } from "../store/chunks.ts";

export interface ModelLoaderOptions {
	chunks: ChunkStore;
	cache: ModelCache;
	runtime: Runtime;
	/** Worker threads of a model, and ONNX Runtime's threads in each. */
	allocations: number;
	threadsPerAllocation: number;
	/** Threads for a text that comes alone. */
	loneThreads: number;
	/** Where given, a model has no more worker threads than this holds, bytes, unless its deployment says how many. */
	memoryBytes?: number;
}

/** A model that can be run, in this sidecar's memory or in another one's. */
export interface RunnableModel extends Pick<LoadedModel, "run"> {
	readonly spec: Pick<ModelSpec, "functionName">;
	readonly facts: Pick<ModelFacts, "vocabulary">;
}

/** A model that is ready to run, and how it is configured. */
export interface ReadyModel {
	loaded: RunnableModel;
	config: ModelConfig;
	/** Whether it is in this sidecar's memory. */
	local: boolean;
}

/** The models in this sidecar's memory: out of the chunks, through the cache folder, into a process. */
export class ModelLoader {
	readonly #options: ModelLoaderOptions;
	readonly #configs = new Map<string, ModelConfig>();
	/** Worker threads of models whose deployments do not say how many. */
	readonly #fitting = new Map<string, number>();
	/** The settings by which each model in memory is run. */
	readonly #applied = new Map<string, RunSettings>();

	constructor(options: ModelLoaderOptions) {
		this.#options = options;
	}

	/** A model that is in memory and has not been put aside. */
	get(id: string): ReadyModel | undefined {
		const loaded = this.#options.runtime.get(id);
		const config = this.#configs.get(id);
		if (!loaded || !config || loaded.state === "failed") return undefined;
		return { loaded, config, local: true };
	}

	/** What the models that are in memory say of themselves, by id. */
	stats(): Map<string, ModelStats> {
		const { runtime } = this.#options;
		return new Map(
			runtime.ids().flatMap((id) => {
				const stats = runtime.get(id)?.stats();
				return stats ? [[id, stats]] : [];
			}),
		);
	}

	/**
	 * Brings a model into memory; two calls for one model are one load, and one that was put aside is loaded anew.
	 * Others leave memory for it where that is necessary and the options allow it.
	 *
	 * @throws SidecarError where its content can't be read, is not what was registered, or can't be run
	 */
	async load(
		id: string,
		model: StoredModel,
		options: LoadOptions = {},
	): Promise<ReadyModel> {
		const { runtime, cache, chunks } = this.#options;
		const config = model.model_config ?? {};
		const before = this.#configs.get(id);
		// Undeployed, changed and deployed again before this sidecar heard of it.
		if (before && !isDeepStrictEqual(before, config)) await runtime.unload(id);
		this.#configs.set(id, config);
		const present = runtime.get(id);
		if (present && present.state !== "failed")
			return { loaded: present, config, local: true };
		const loading = runtime.loading(id);
		if (loading) return { loaded: await loading, config, local: true };
		// Its process starts while its files are looked for; it gets them when they have been found right.
		runtime.prepare(id);
		this.#applied.set(id, this.#settings(model));
		try {
			const files = await cache.ensure({
				sha256: model.model_content_hash_value.toLowerCase(),
				sizeBytes: model.model_content_size_in_bytes ?? 0,
				open: () => chunks.read(id, model),
			});
			const spec = this.#spec(model, files);
			this.#fitting.set(id, await this.#fittingAllocations(spec));
			return {
				loaded: await runtime.load(id, this.#fitted(id, model, spec), options),
				config,
				local: true,
			};
		} finally {
			await runtime.discard(id);
		}
	}

	/** Makes a model that is in memory run by the settings of its deployment, while it serves. */
	adjust(id: string, model: StoredModel): void {
		const loaded = this.#options.runtime.get(id);
		const settings = this.#settings(model);
		if (!loaded || isDeepStrictEqual(this.#applied.get(id), settings)) return;
		loaded.adjust(this.#fitted(id, model, settings));
		this.#applied.set(id, settings);
	}

	/** The models that are in memory. */
	ids(): string[] {
		return this.#options.runtime.ids();
	}

	/** Takes a model out of memory. @returns whether it was there */
	unload(id: string): Promise<boolean> {
		this.#configs.delete(id);
		this.#applied.delete(id);
		this.#fitting.delete(id);
		return this.#options.runtime.unload(id);
	}

	/** Whatever this deployment says of them: a later one may not, and find the model in memory. */
	async #fittingAllocations(spec: ModelSpec): Promise<number> {
		const { memoryBytes, allocations } = this.#options;
		return memoryBytes === undefined
			? allocations
			: fittingAllocations({ ...spec, allocations }, memoryBytes);
	}

	#fitted<T extends RunSettings>(
		id: string,
		{ sidecar: { settings = {} } }: StoredModel,
		wanted: T,
	): T {
		const allocations = this.#fitting.get(id) ?? wanted.allocations;
		return settings.number_of_allocations === undefined
			? { ...wanted, allocations }
			: wanted;
	}

	#settings({ sidecar: { settings = {} } }: StoredModel): RunSettings {
		const { allocations, threadsPerAllocation } = this.#options;
		return {
			allocations: settings.number_of_allocations ?? allocations,
			threadsPerAllocation:
				settings.threads_per_allocation ?? threadsPerAllocation,
			...(settings.queue_capacity !== undefined && {
				queueCapacity: settings.queue_capacity,
			}),
			...(settings.cache_size !== undefined && {
				cacheBytes: settings.cache_size,
			}),
		};
	}

	#spec(
		model: StoredModel,
		files: Pick<ModelSpec, "modelPath" | "tokenizerPath" | "preparation">,
	): ModelSpec {
		const { algorithm, model_config: config = {} } = model;
		const common = {
			...files,
			...this.#settings(model),
			identity: modelIdentity(model),
			loneThreads: this.#options.loneThreads,
			...(config.model_max_length !== undefined && {
				maxLength: config.model_max_length,
			}),
		};
		if (algorithm !== "SPARSE_TOKENIZE" && !hasGraph(files))
			throw new SidecarError("bad_request", "Can't find model file");
		if (algorithm !== "TEXT_EMBEDDING")
			return { ...common, functionName: algorithm };
		if (config.embedding_dimension === undefined)
			throw new SidecarError("bad_request", "embedding dimension is null");
		return {
			...common,
			functionName: algorithm,
			...readingOf(config),
			dimension: config.embedding_dimension,
		};
	}
}

/**
 * What tells apart models that make different things of a text: the content, and what of the configuration says what
 * is made of it. A prefix is part of the text already.
 */
export function modelIdentity({
	algorithm,
	model_content_hash_value: hash,
	model_config: config = {},
}: StoredModel): string {
	const { poolingMode, normalize } = readingOf(config);
	const reading =
		algorithm === "TEXT_EMBEDDING"
			? [poolingMode, normalize, config.embedding_dimension]
			: [];
	return JSON.stringify([
		hash.toLowerCase(),
		algorithm,
		config.model_max_length,
		...reading,
	]);
}

/** How token vectors become one, with what holds where a configuration does not say it. */
function readingOf({ pooling_mode, normalize_result }: ModelConfig) {
	return {
		poolingMode: pooling_mode ?? "MEAN",
		normalize: normalize_result ?? false,
	};
}

/** In an archive without a graph the tokenizer is what there is of a model. */
function hasGraph({
	modelPath,
	tokenizerPath,
}: Pick<ModelSpec, "modelPath" | "tokenizerPath">): boolean {
	return modelPath !== tokenizerPath;
}

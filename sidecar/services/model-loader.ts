import { isDeepStrictEqual } from "node:util";
import type { ModelConfig, StoredModel } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { ModelCache } from "../runtime/model-cache.ts";
import type {
	LoadedModel,
	ModelFacts,
	ModelSpec,
} from "../runtime/model-spec.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { ChunkStore } from "../store/chunks.ts";

export interface ModelLoaderOptions {
	chunks: ChunkStore;
	cache: ModelCache;
	runtime: Runtime;
	/** Worker threads of a model, and ONNX Runtime's threads in each. */
	allocations: number;
	threadsPerAllocation: number;
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

	constructor(options: ModelLoaderOptions) {
		this.#options = options;
	}

	/** A model that is in memory and has not been put aside. */
	get(id: string): ReadyModel | undefined {
		const loaded = this.#options.runtime.get(id);
		const config = this.#configs.get(id);
		if (!loaded || !config || loaded.stats().state === "failed")
			return undefined;
		return { loaded, config, local: true };
	}

	/** The process of a model that is in memory; undefined while there is none. */
	pid(id: string): number | undefined {
		return this.#options.runtime.get(id)?.stats().pid;
	}

	/**
	 * Brings a model into memory; two calls for one model are one load, and one that was put aside is loaded anew.
	 *
	 * @throws SidecarError where its content can't be read, is not what was registered, or can't be run
	 */
	async load(id: string, model: StoredModel): Promise<ReadyModel> {
		const { runtime, cache, chunks } = this.#options;
		const config = model.model_config ?? {};
		const before = this.#configs.get(id);
		// Undeployed, changed and deployed again before this sidecar heard of it.
		if (before && !isDeepStrictEqual(before, config)) await runtime.unload(id);
		this.#configs.set(id, config);
		const present = runtime.get(id);
		if (present && present.stats().state !== "failed")
			return { loaded: present, config, local: true };
		const loading = runtime.loading(id);
		if (loading) return { loaded: await loading, config, local: true };
		// Its process starts while its files are looked for; it gets them when they have been found right.
		runtime.prepare(id);
		try {
			const files = await cache.ensure({
				sha256: model.model_content_hash_value.toLowerCase(),
				sizeBytes: model.model_content_size_in_bytes ?? 0,
				open: () => chunks.read(id, model),
			});
			return {
				loaded: await runtime.load(id, this.#spec(model, files)),
				config,
				local: true,
			};
		} finally {
			await runtime.discard(id);
		}
	}

	/** The models that are in memory. */
	ids(): string[] {
		return this.#options.runtime.ids();
	}

	/** Takes a model out of memory. @returns whether it was there */
	unload(id: string): Promise<boolean> {
		this.#configs.delete(id);
		return this.#options.runtime.unload(id);
	}

	#spec(
		{ algorithm, model_config: config = {} }: StoredModel,
		files: Pick<ModelSpec, "modelPath" | "tokenizerPath">,
	): ModelSpec {
		const { allocations, threadsPerAllocation } = this.#options;
		const common = {
			...files,
			...(config.model_max_length !== undefined && {
				maxLength: config.model_max_length,
			}),
			allocations,
			threadsPerAllocation,
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
			poolingMode: config.pooling_mode ?? "MEAN",
			normalize: config.normalize_result ?? false,
			dimension: config.embedding_dimension,
		};
	}
}

/** In an archive without a graph the tokenizer is what there is of a model. */
function hasGraph({
	modelPath,
	tokenizerPath,
}: Pick<ModelSpec, "modelPath" | "tokenizerPath">): boolean {
	return modelPath !== tokenizerPath;
}

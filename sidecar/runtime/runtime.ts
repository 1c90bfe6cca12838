import { availableParallelism } from "node:os";
import type { Logger } from "pino";
import type { Load } from "./lane-room.ts";
import { ModelMemory } from "./memory/model-memory.ts";
import type { LoadedModel, ModelSpec } from "./model-spec.ts";
import { type RuntimeObserver, unobserved } from "./observer.ts";
import { ProcessorPool } from "./processor-pool.ts";
import { ResidentModel } from "./resident-model.ts";
import { ResultCache } from "./results/result-cache.ts";
import { RuntimeStopped } from "./runtime-stopped.ts";
import { SpawnedProcess } from "./spawned-process.ts";

export interface RuntimeOptions {
	logger: Logger;
	/** Time for a model's process to load it and to answer a first input, milliseconds. */
	startTimeoutMs: number;
	/** A run or a silence of a model's process longer than this is a hang, milliseconds; 60,000 if left out. */
	hangMs?: number;
	/** Inputs that may wait or run for one model in each lane; 1,024 if left out. */
	queueCapacity?: number;
	/** Estimated tokens of those inputs in each lane; 128 Ki if left out. */
	queueTokens?: number;
	/** UTF-16 units of those inputs in each lane; 128 Mi if left out. */
	queueCharacters?: number;
	/** Threads that run models at once, over all models; one for each processor of the machine if left out. */
	processors?: number;
	/** Results that are kept, over all models, bytes; none if left out. */
	cacheBytes?: number;
	/** Is told what happens to inputs. */
	observer?: RuntimeObserver;
	/** What the processes of all models may have in memory together, bytes; no limit if left out. */
	memoryBytes?: number;
	/** A model leaves memory to make room: nobody is given it any more, and it answers what it was given before. */
	onEvicted?: (modelId: string) => void;
	/** A loaded model has been put aside; its calls fail with this reason until it is unloaded or loaded anew. */
	onFailed?: (modelId: string, reason: string) => void;
}

export interface LoadOptions {
	/** Whether other models may have to leave to make room; if left out they may. */
	evicts?: boolean;
}

interface Entry {
	model: ResidentModel;
	ready: Promise<LoadedModel>;
	loaded: boolean;
}

/** The models in memory, each by its id. */
export class Runtime {
	readonly #options: RuntimeOptions;
	readonly #entries = new Map<string, Entry>();
	/** Models that have been evicted, until their processes are gone. */
	readonly #leaving = new Set<ResidentModel>();
	readonly #memory: ModelMemory;
	readonly #processors: ProcessorPool;
	readonly #results: ResultCache;
	/** Processes without a model, each for the one whose files are being looked for; never more than those. */
	readonly #spares = new Map<string, SpawnedProcess>();
	#closed = false;

	constructor(options: RuntimeOptions) {
		const { logger, memoryBytes = Number.POSITIVE_INFINITY } = options;
		this.#options = options;
		this.#processors = new ProcessorPool(
			options.processors ?? availableParallelism(),
			() => performance.now(),
		);
		this.#results = new ResultCache({ maxBytes: options.cacheBytes ?? 0 });
		this.#memory = new ModelMemory({ logger, budgetBytes: memoryBytes });
	}

	/**
	 * Starts a process for a model whose files are not there yet, or not checked: `load` then has it at once.
	 * Throws what the operating system says if no process can be made.
	 */
	prepare(modelId: string): void {
		if (this.#closed || this.#spares.has(modelId)) return;
		const { logger } = this.#options;
		const spare = new SpawnedProcess({ modelId, logger });
		this.#spares.set(modelId, spare);
		void spare.ended.then(() => {
			if (this.#spares.get(modelId) === spare) this.#spares.delete(modelId);
		});
	}

	/** Ends a process that was prepared, if no model came. */
	async discard(modelId: string): Promise<void> {
		await this.#takeSpare(modelId)?.stop();
	}

	/**
	 * Brings a model into memory; the least recently used ones leave where there is no room for it. While it is loading
	 * or loaded, a second call is the first one's, whatever its specification; one that was put aside is loaded anew,
	 * and one that is leaving once it is gone. Rejects as ModelProcess.start does, with MemoryShort where there can be no
	 * room, and with RuntimeStopped once `close` has been called.
	 */
	load(
		modelId: string,
		spec: ModelSpec,
		{ evicts = true }: LoadOptions = {},
	): Promise<LoadedModel> {
		if (this.#closed) {
			return Promise.reject(new RuntimeStopped("the sidecar is stopping"));
		}
		const present = this.#entries.get(modelId);
		if (present !== undefined && present.model.stats().state !== "failed") {
			return present.ready;
		}
		const model = this.#model(modelId, spec, evicts);
		const ready = this.#start(model, present?.model);
		this.#entries.set(modelId, { model, ready, loaded: false });
		return ready;
	}

	/**
	 * A model that has been loaded, also while its process is being started again, and after it has been put
	 * aside (`stats().state` is then `failed`, and its calls say why).
	 */
	get(modelId: string): LoadedModel | undefined {
		const entry = this.#entries.get(modelId);
		return entry?.loaded === true ? entry.model : undefined;
	}

	/** A model that is being loaded. */
	loading(modelId: string): Promise<LoadedModel> | undefined {
		const entry = this.#entries.get(modelId);
		return entry?.loaded === false ? entry.ready : undefined;
	}

	/** The ids of the models that have been loaded. */
	ids(): string[] {
		return [...this.#entries]
			.filter(([, entry]) => entry.loaded)
			.map(([modelId]) => modelId);
	}

	/**
	 * The files that models in memory, or on their way into it or out of it, run from; their processes may need them
	 * again.
	 */
	files(): string[] {
		const entries = [...this.#entries.values()];
		return [...entries.map(({ model }) => model), ...this.#leaving].map(
			({ spec }) => spec.modelPath,
		);
	}

	/**
	 * Takes a model out of memory, loaded, loading, or evicted and still at work; resolves when its process is gone.
	 * False: there was none.
	 */
	async unload(modelId: string): Promise<boolean> {
		const entry = this.#entries.get(modelId);
		this.#entries.delete(modelId);
		const models = this.#leavingOf(modelId);
		if (entry !== undefined) models.push(entry.model);
		await Promise.all([
			...models.map((model) => model.stop()),
			this.discard(modelId),
		]);
		return models.length > 0;
	}

	/**
	 * Forgets the results that are kept, of the models with an identity, in memory or not, or of all.
	 *
	 * @returns how many there were
	 */
	clearCache(identity?: string): number {
		return this.#results.clear(identity);
	}

	/** Takes all the models out of memory, and no more in; loads and calls under way end with RuntimeStopped. */
	async close(): Promise<void> {
		this.#closed = true;
		const ids = new Set([
			...this.#entries.keys(),
			...this.#spares.keys(),
			...[...this.#leaving].map(({ modelId }) => modelId),
		]);
		await Promise.all([...ids].map((id) => this.unload(id)));
		await this.#memory.close();
	}

	#takeSpare(modelId: string): SpawnedProcess | undefined {
		const spare = this.#spares.get(modelId);
		this.#spares.delete(modelId);
		return spare?.isRunning === true ? spare : undefined;
	}

	#model(modelId: string, spec: ModelSpec, evicts: boolean): ResidentModel {
		const { logger, startTimeoutMs, hangMs, observer, onFailed } =
			this.#options;
		const model: ResidentModel = new ResidentModel({
			logger,
			startTimeoutMs,
			modelId,
			spec,
			hangMs: hangMs ?? 60_000,
			limits: this.#limits(),
			processors: this.#processors,
			results: this.#results,
			observer: observer ?? unobserved,
			memory: this.#memory,
			evicts,
			onEvicted: () => this.#evicted(model),
			onFailed: (reason) => {
				model.release();
				onFailed?.(modelId, reason);
			},
		});
		return model;
	}

	/** What each lane of a model may hold. */
	#limits(): Load {
		const { queueCapacity, queueTokens, queueCharacters } = this.#options;
		return {
			inputs: queueCapacity ?? 1_024,
			tokens: queueTokens ?? 128 * 1024,
			characters: queueCharacters ?? 128 * 1024 * 1024,
		};
	}

	/** @param failed the same model, if it was put aside */
	async #start(
		model: ResidentModel,
		failed: ResidentModel | undefined,
	): Promise<LoadedModel> {
		const { modelId } = model;
		try {
			// One process of a model at a time.
			await failed?.stop();
			await Promise.all(this.#leavingOf(modelId).map(({ left }) => left));
			await model.load(() => this.#takeSpare(modelId));
		} catch (error) {
			if (this.#entries.get(modelId)?.model === model) {
				this.#entries.delete(modelId);
			}
			throw error;
		}
		const entry = this.#entries.get(modelId);
		if (entry?.model === model) entry.loaded = true;
		return model;
	}

	#evicted(model: ResidentModel): void {
		const { modelId } = model;
		if (this.#entries.get(modelId)?.model === model) {
			this.#entries.delete(modelId);
		}
		this.#leaving.add(model);
		void model.left.then(() => this.#leaving.delete(model));
		this.#options.onEvicted?.(modelId);
	}

	#leavingOf(modelId: string): ResidentModel[] {
		return [...this.#leaving].filter((model) => model.modelId === modelId);
	}
}

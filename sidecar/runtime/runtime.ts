import type { Logger } from "pino";
import { ModelProcess } from "./model-process.ts";
import type { LoadedModel, ModelSpec } from "./model-spec.ts";
import { RuntimeStopped } from "./runtime-stopped.ts";
import { SpawnedProcess } from "./spawned-process.ts";

export interface RuntimeOptions {
	logger: Logger;
	/** Time for a model's process to load it and to answer a first input, milliseconds. */
	startTimeoutMs: number;
	/** Inputs that may wait or run for one model in each lane; 16,384 if left out. */
	queueCapacity?: number;
	/** UTF-16 units of those inputs in each lane; 128 Mi if left out. */
	queueCharacters?: number;
	/** A loaded model has been put aside; its calls fail with this reason until it is unloaded or loaded anew. */
	onFailed?: (modelId: string, reason: string) => void;
}

interface Entry {
	process: ModelProcess;
	ready: Promise<LoadedModel>;
	loaded: boolean;
}

/** The models in memory, each by its id. */
export class Runtime {
	readonly #options: RuntimeOptions;
	readonly #entries = new Map<string, Entry>();
	/** Processes without a model, each for the one whose files are being looked for; never more than those. */
	readonly #spares = new Map<string, SpawnedProcess>();
	#closed = false;

	constructor(options: RuntimeOptions) {
		this.#options = options;
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
	 * Brings a model into memory. While it is loading or loaded, a second call is the first one's, whatever its
	 * specification; one that was put aside is loaded anew. Rejects as ModelProcess.start does, and with
	 * RuntimeStopped once `close` has been called.
	 */
	load(modelId: string, spec: ModelSpec): Promise<LoadedModel> {
		if (this.#closed) {
			return Promise.reject(new RuntimeStopped("the sidecar is stopping"));
		}
		const present = this.#entries.get(modelId);
		if (present !== undefined && present.process.stats().state !== "failed") {
			return present.ready;
		}
		const { queueCapacity, queueCharacters, onFailed, ...rest } = this.#options;
		const process = new ModelProcess({
			...rest,
			modelId,
			spec,
			queueCapacity: queueCapacity ?? 16_384,
			queueCharacters: queueCharacters ?? 128 * 1024 * 1024,
			onFailed: (reason) => onFailed?.(modelId, reason),
		});
		const ready = this.#start(modelId, process);
		this.#entries.set(modelId, { process, ready, loaded: false });
		return ready;
	}

	/**
	 * A model that has been loaded, also while its process is being started again, and after it has been put
	 * aside (`stats().state` is then `failed`, and its calls say why).
	 */
	get(modelId: string): LoadedModel | undefined {
		const entry = this.#entries.get(modelId);
		return entry?.loaded === true ? entry.process : undefined;
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

	/** The files that models in memory, or on their way there, run from; their processes may need them again. */
	files(): string[] {
		return [...this.#entries.values()].map(
			({ process }) => process.spec.modelPath,
		);
	}

	/** Takes a model out of memory, loaded or loading; resolves when its process is gone. False: there was none. */
	async unload(modelId: string): Promise<boolean> {
		const entry = this.#entries.get(modelId);
		this.#entries.delete(modelId);
		await Promise.all([entry?.process.stop(), this.discard(modelId)]);
		return entry !== undefined;
	}

	/** Takes all the models out of memory, and no more in; loads and calls under way end with RuntimeStopped. */
	async close(): Promise<void> {
		this.#closed = true;
		const ids = [...this.#entries.keys(), ...this.#spares.keys()];
		await Promise.all(ids.map((id) => this.unload(id)));
	}

	#takeSpare(modelId: string): SpawnedProcess | undefined {
		const spare = this.#spares.get(modelId);
		this.#spares.delete(modelId);
		return spare?.isRunning === true ? spare : undefined;
	}

	async #start(modelId: string, process: ModelProcess): Promise<LoadedModel> {
		try {
			await process.start(this.#takeSpare(modelId));
		} catch (error) {
			if (this.#entries.get(modelId)?.process === process) {
				this.#entries.delete(modelId);
			}
			throw error;
		}
		const entry = this.#entries.get(modelId);
		if (entry?.process === process) entry.loaded = true;
		return process;
	}
}

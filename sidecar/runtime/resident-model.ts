import type { Claim } from "./memory/memory-budget.ts";
import type { ModelMemory, Resident } from "./memory/model-memory.ts";
import { ModelProcess, type ModelProcessOptions } from "./model-process.ts";
import type { ModelInput, ModelResult } from "./model-result.ts";
import type { RunOptions } from "./model-spec.ts";
import { RuntimeStopped } from "./runtime-stopped.ts";
import type { SpawnedProcess } from "./spawned-process.ts";

export interface ResidentModelOptions extends ModelProcessOptions {
	memory: ModelMemory;
	/** Whether other models may have to leave for it. */
	evicts: boolean;
	/** The model is being evicted: from now on nobody is to be given it. */
	onEvicted: (model: ResidentModel) => void;
}

/** A model with its process and its room in memory. */
export class ResidentModel extends ModelProcess implements Resident {
	readonly modelId: string;
	readonly #options: ResidentModelOptions;
	readonly #stopping = new AbortController();
	/** What it holds of the memory, from when it has room until its process is gone. */
	#claim: Claim | undefined;
	#left: Promise<void> | undefined;

	constructor(options: ResidentModelOptions) {
		super(options);
		this.#options = options;
		this.modelId = options.modelId;
	}

	/** Resolves when the process of an evicted model is gone; at once for one that was not evicted. */
	get left(): Promise<void> {
		return this.#left ?? Promise.resolve();
	}

	get isBusy(): boolean {
		const { search, ingest } = this.queued;
		return search + ingest > 0;
	}

	/**
	 * Waits for room, and starts the process. Rejects as ModelProcess.start does, with MemoryShort where there can be no
	 * room, and with RuntimeStopped if the model is stopped meanwhile.
	 *
	 * @param takeSpare gives a process that was started for this model, if there is one by then
	 */
	async load(takeSpare: () => SpawnedProcess | undefined): Promise<void> {
		const { memory, evicts } = this.#options;
		const { signal } = this.#stopping;
		try {
			const claim = await memory.enter(this.modelId, this, {
				signal,
				evicts,
			});
			this.#claim = claim;
			signal.throwIfAborted();
			await this.start(takeSpare());
			memory.entered(claim);
		} catch (error) {
			await this.stop();
			throw error;
		}
	}

	override run(
		inputs: readonly ModelInput[],
		options?: RunOptions,
	): Promise<ModelResult[]> {
		const { memory } = this.#options;
		if (this.#claim !== undefined) memory.touch(this.#claim);
		return super.run(inputs, options);
	}

	evict(): void {
		this.#left ??= this.drained().then(() => this.stop());
		this.#options.onEvicted(this);
	}

	override async stop(): Promise<void> {
		const reason = `model ${this.modelId} has been unloaded`;
		this.#stopping.abort(new RuntimeStopped(reason));
		await super.stop();
		this.release();
	}

	/** Its process is gone, also for good: somebody else may have the room. */
	release(): void {
		const claim = this.#claim;
		this.#claim = undefined;
		if (claim !== undefined) this.#options.memory.release(claim);
	}
}

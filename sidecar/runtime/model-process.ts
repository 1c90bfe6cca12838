import type { Logger } from "pino";
import { SidecarError } from "../errors.ts";
import type { Embedding, ModelInput, ModelResult } from "./model-result.ts";
import type {
	LoadedModel,
	ModelFacts,
	ModelSpec,
	ModelStats,
	RunOptions,
} from "./model-spec.ts";
import { RunQueue } from "./run-queue.ts";
import { RuntimeStopped } from "./runtime-stopped.ts";
import { modelFailed, SpawnedProcess } from "./spawned-process.ts";

export interface ModelProcessOptions {
	modelId: string;
	spec: ModelSpec;
	logger: Logger;
	/** Time for a process to load the model and to answer a first input, milliseconds. */
	startTimeoutMs: number;
	/** Inputs that may wait or run in each lane; a call that would exceed it is refused. */
	queueCapacity: number;
	/** UTF-16 units of those inputs in each lane. */
	queueCharacters: number;
	/** The model has been put aside: its process ended again and again. */
	onFailed: (reason: string) => void;
}

/** Ends of a process, none of them after a quiet time, that put a model aside. */
const mostEnds = 3;

/** A process that has worked for so long has forgotten the ends before it, milliseconds. */
const quietMs = 60_000;

/**
 * Inputs of a lane that are handed to a process ahead, for each allocation: enough to keep it busy over a round
 * trip, few enough that little is run again when it ends.
 */
const aheadPerAllocation = 8;

/** A model in a process of its own, which is started again when it ends. */
export class ModelProcess implements LoadedModel {
	readonly #options: ModelProcessOptions;
	readonly #queue: RunQueue;
	#process: SpawnedProcess | undefined;
	#facts: ModelFacts | undefined;
	#state: ModelStats["state"] = "restarting";
	#restarts = 0;
	/** Why the model is gone, once it is. */
	#gone: SidecarError | undefined;

	constructor(options: ModelProcessOptions) {
		this.#options = options;
		this.#queue = new RunQueue({
			texts: options.queueCapacity,
			characters: options.queueCharacters,
			inProcess: aheadPerAllocation * options.spec.allocations,
		});
	}

	/**
	 * Starts the first process, or takes one that has been started for this model. Rejects with the reason why the model cannot be run: `bad_request` if it is the
	 * model's or its configuration's fault, else `inference_failed`; with RuntimeStopped if it is stopped meanwhile.
	 */
	async start(spare?: SpawnedProcess): Promise<void> {
		const process = await this.#spawn(spare);
		this.#supervise(process).catch((err: unknown) => {
			this.#options.logger.error({ err }, "supervision of a model failed");
		});
	}

	get spec(): ModelSpec {
		return this.#options.spec;
	}

	get facts(): ModelFacts {
		if (this.#facts === undefined) throw modelFailed("model has not started");
		return this.#facts;
	}

	run(
		inputs: readonly ModelInput[],
		options?: RunOptions,
	): Promise<ModelResult[]> {
		return this.#queue.run(inputs, options);
	}

	async embed(
		texts: readonly string[],
		options?: RunOptions,
	): Promise<Embedding[]> {
		const { functionName } = this.spec;
		if (functionName !== "TEXT_EMBEDDING") {
			throw new SidecarError(
				"bad_request",
				`a ${functionName} model gives no vectors`,
			);
		}
		const results = await this.run(texts, options);
		return results.map((result) => {
			if (result.kind === "vector") return result;
			throw modelFailed("a text came back without a vector");
		});
	}

	stats(): ModelStats {
		const { size, texts, tokens, truncated, failed, rejected, runMicros } =
			this.#queue;
		return {
			state: this.#state,
			pid: this.#process?.pid,
			allocations: this.#process?.allocations ?? 0,
			queued: size,
			texts,
			tokens,
			truncated,
			failed,
			rejected,
			restarts: this.#restarts,
			runSeconds: runMicros / 1_000_000,
		};
	}

	/**
	 * Ends the process for good; what waits or runs is rejected with RuntimeStopped. Resolves when the process is
	 * gone.
	 */
	async stop(): Promise<void> {
		const { modelId } = this.#options;
		this.#end("stopped", new RuntimeStopped(unloaded(modelId)));
		await this.#process?.stop();
	}

	async #spawn(spare?: SpawnedProcess): Promise<SpawnedProcess> {
		const { modelId, spec, logger, startTimeoutMs } = this.#options;
		const process = spare ?? new SpawnedProcess({ modelId, logger });
		this.#process = process;
		try {
			this.#facts = await process.load({
				spec,
				timeoutMs: startTimeoutMs,
				onAnswer: (answer) => this.#queue.answered(answer),
			});
		} catch (error) {
			// Asked before the wait: a model that failed by itself is not excused by a stop that came after.
			const reason = this.#gone ?? error;
			await process.stop();
			this.#process = undefined;
			throw reason;
		}
		if (this.#gone !== undefined) throw this.#gone;
		this.#state = "ready";
		this.#queue.connect(process);
		return process;
	}

	/** Waits for a process to end, and starts another, until there is no point in it. */
	async #supervise(first: SpawnedProcess): Promise<void> {
		let process: SpawnedProcess | undefined = first;
		let ends = 0;
		while (process !== undefined) {
			const readyAt = performance.now();
			const how = await process.ended;
			if (this.#gone !== undefined) return;
			this.#process = undefined;
			this.#state = "restarting";
			this.#queue.disconnect(how);
			if (performance.now() - readyAt > quietMs) ends = 0;
			ends++;
			let reason = `its process ${how}`;
			process = undefined;
			while (process === undefined && ends < mostEnds) {
				const { modelId, logger } = this.#options;
				logger.error({ modelId, ends, reason }, "starting a model again");
				this.#restarts++;
				try {
					process = await this.#spawn();
				} catch (error) {
					if (this.#gone !== undefined) return;
					ends++;
					reason = error instanceof Error ? error.message : String(error);
				}
			}
			if (process === undefined) this.#putAside(ends, reason);
		}
	}

	#putAside(ends: number, reason: string): void {
		const { modelId, logger, onFailed } = this.#options;
		const message = `model ${modelId} has been put aside after ${ends} failures: ${reason}`;
		logger.error({ modelId }, message);
		this.#end("failed", modelFailed(message));
		onFailed(message);
	}

	#end(state: "failed" | "stopped", error: SidecarError): void {
		this.#state = state;
		this.#gone ??= error;
		this.#queue.close(error);
	}
}

function unloaded(modelId: string): string {
	return `model ${modelId} has been unloaded`;
}

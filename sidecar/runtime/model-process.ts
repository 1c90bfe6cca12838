import type { Logger } from "pino";
import { SidecarError } from "../errors.ts";
import type { Load } from "./lane-room.ts";
import type { Embedding, ModelInput, ModelResult } from "./model-result.ts";
import type {
	LoadedModel,
	ModelFacts,
	ModelSpec,
	ModelStats,
	RunOptions,
	RunSettings,
} from "./model-spec.ts";
import type { RuntimeObserver } from "./observer.ts";
import { ProcessWatch } from "./process-watch.ts";
import type { ProcessorMember, ProcessorPool } from "./processor-pool.ts";
import type { ResultCache } from "./results/result-cache.ts";
import type { ResultSpace } from "./results/result-space.ts";
import { RunQueue } from "./run-queue.ts";
import { RuntimeStopped } from "./runtime-stopped.ts";
import { modelFailed, SpawnedProcess } from "./spawned-process.ts";

export interface ModelProcessOptions {
	modelId: string;
	spec: ModelSpec;
	logger: Logger;
	/** Time for a process to load the model and to answer a first input, milliseconds. */
	startTimeoutMs: number;
	/** A run or a silence of the process longer than this is a hang, milliseconds. */
	hangMs: number;
	/** What may wait or run in each lane, unless the specification says how many inputs. */
	limits: Load;
	processors: ProcessorPool;
	results: ResultCache;
	observer: RuntimeObserver;
	/** The model has been put aside: its process ended again and again. */
	onFailed: (reason: string) => void;
}

/** Ends of a process, none of them after a quiet time, that put a model aside. */
const mostEnds = 3;

/** A process that has worked for so long has forgotten the ends before it, milliseconds. */
const quietMs = 60_000;

/** A process with its model, and what goes with it. */
interface Serving {
	process: SpawnedProcess;
	member: ProcessorMember;
	watch: ProcessWatch;
}

/** A model in a process of its own, which is started again when it ends. */
export class ModelProcess implements LoadedModel {
	readonly #options: ModelProcessOptions;
	readonly #queue: RunQueue;
	readonly #results: ResultSpace | undefined;
	/** As it is run now. */
	#spec: ModelSpec;
	#queueCapacity: number | undefined;
	#process: SpawnedProcess | undefined;
	#serving: Serving | undefined;
	#facts: ModelFacts | undefined;
	#state: ModelStats["state"] = "restarting";
	#restarts = 0;
	/** Why the model is gone, once it is. */
	#gone: SidecarError | undefined;

	constructor(options: ModelProcessOptions) {
		const { modelId, spec, results, observer } = options;
		this.#options = options;
		this.#spec = this.#specFor(spec);
		this.#queueCapacity = spec.queueCapacity;
		this.#results =
			spec.identity === undefined
				? undefined
				: results.open(spec.identity, spec.cacheBytes);
		this.#queue = new RunQueue({
			modelId,
			limits: this.#limits(),
			results: this.#results,
			observer,
			onDemand: (inputs) => this.#serving?.member.want(inputs),
		});
	}

	/**
	 * Starts the first process, or takes one that has been started for this model. Rejects with the reason why the
	 * model cannot be run: `bad_request` if it is the model's or its configuration's fault, else `inference_failed`;
	 * with RuntimeStopped if it is stopped meanwhile.
	 */
	async start(spare?: SpawnedProcess): Promise<void> {
		try {
			const process = await this.#spawn(spare);
			this.#supervise(process).catch((err: unknown) => {
				this.#options.logger.error({ err }, "supervision of a model failed");
			});
		} catch (error) {
			this.#results?.close();
			throw error;
		}
	}

	get spec(): ModelSpec {
		return this.#spec;
	}

	get state(): ModelStats["state"] {
		return this.#state;
	}

	get facts(): ModelFacts {
		if (this.#facts === undefined) throw modelFailed("model has not started");
		return this.#facts;
	}

	/** Inputs that wait or run now, by lane. */
	get queued(): ModelStats["queued"] {
		return this.#queue.queued;
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
		const { runMicros, ...counts } = this.#queue.counts;
		return {
			state: this.#state,
			pid: this.#process?.pid,
			allocations: this.#process?.allocations ?? 0,
			threadsPerAllocation: this.#spec.threadsPerAllocation,
			queued: this.queued,
			...counts,
			restarts: this.#restarts,
			runSeconds: runMicros / 1_000_000,
			residentBytes: this.#serving?.watch.residentBytes ?? 0,
			cache: this.#results?.stats(),
		};
	}

	adjust(settings: RunSettings): void {
		this.#spec = this.#specFor(settings);
		this.#queueCapacity = settings.queueCapacity;
		this.#queue.limit(this.#limits());
		this.#results?.resize(settings.cacheBytes);
		this.#sendSettings();
		this.#resize();
	}

	/** Resolves when everything that it has been given, also meanwhile, has been answered. */
	drained(): Promise<void> {
		return this.#queue.drained();
	}

	/**
	 * Ends the process for good; what waits or runs is rejected with RuntimeStopped. Resolves when the process is
	 * gone.
	 */
	async stop(): Promise<void> {
		const { modelId, observer } = this.#options;
		this.#end("stopped", new RuntimeStopped(unloaded(modelId)));
		this.#results?.close();
		await this.#process?.stop();
		this.#release();
		observer.gone(modelId);
	}

	/** More threads than there are processors would never be let run. */
	#specFor({ allocations, threadsPerAllocation }: RunSettings): ModelSpec {
		const { spec, processors } = this.#options;
		return {
			...spec,
			allocations,
			threadsPerAllocation: Math.min(
				threadsPerAllocation,
				processors.processors,
			),
		};
	}

	#sendSettings(): void {
		const { allocations, threadsPerAllocation } = this.#spec;
		this.#serving?.process.send({
			kind: "adjust",
			allocations,
			threadsPerAllocation,
		});
	}

	#limits(): Load {
		const { limits } = this.#options;
		return { ...limits, inputs: this.#queueCapacity ?? limits.inputs };
	}

	async #spawn(spare?: SpawnedProcess): Promise<SpawnedProcess> {
		const { modelId, logger, startTimeoutMs } = this.#options;
		const process = spare ?? new SpawnedProcess({ modelId, logger });
		this.#process = process;
		const spec = this.#spec;
		try {
			this.#facts = await process.load({
				spec,
				timeoutMs: startTimeoutMs,
				onAnswer: (answer) => this.#queue.answered(answer),
				onAllocated: (allocations) => {
					this.#queue.allocations = allocations;
					this.#resize();
				},
				onGranted: (processors) => this.#serving?.member.returned(processors),
				onStatus: (status) => this.#serving?.watch.heard(status),
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
		this.#serve(process, this.#facts);
		// Adjusted while it loaded.
		if (this.#spec !== spec) this.#sendSettings();
		return process;
	}

	#serve(process: SpawnedProcess, { window }: ModelFacts): void {
		const { processors, hangMs } = this.#options;
		const member = processors.join({
			threads: this.#spec.threadsPerAllocation,
			grant: (granted) => process.send({ kind: "grant", processors: granted }),
		});
		const watch = new ProcessWatch(process, hangMs);
		this.#serving = { process, member, watch };
		this.#resize();
		this.#queue.connect(process, window);
		member.want(this.#queue.queued);
	}

	/** Gives back what a process had that has ended. */
	#release(): void {
		this.#serving?.watch.stop();
		this.#serving?.member.leave();
		this.#serving = undefined;
	}

	#resize(): void {
		const { threadsPerAllocation: threads, loneThreads = 0 } = this.#spec;
		this.#serving?.member.resize({
			runs: this.#serving.process.allocations,
			threads,
			most: Math.max(threads, loneThreads),
		});
	}

	/** Waits for a process to end, and starts another, until there is no point in it. */
	async #supervise(first: SpawnedProcess): Promise<void> {
		let process: SpawnedProcess | undefined = first;
		let ends = 0;
		while (process !== undefined) {
			const readyAt = performance.now();
			const how = await process.ended;
			this.#release();
			if (this.#gone !== undefined) return;
			this.#process = undefined;
			this.#state = "restarting";
			this.#queue.disconnect(how);
			if (performance.now() - readyAt > quietMs) ends = 0;
			ends++;
			let reason = `its process ${how}`;
			process = undefined;
			while (process === undefined && ends < mostEnds) {
				const { modelId, logger, observer } = this.#options;
				logger.error({ modelId, ends, reason }, "starting a model again");
				this.#restarts++;
				observer.restarted(modelId);
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

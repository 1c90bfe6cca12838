import type { FunctionName, PoolingMode } from "../../schemas/model.ts";
import type { Lane } from "./lanes.ts";
import type { Embedding, ModelInput, ModelResult } from "./model-result.ts";
import type { ResultStats } from "./results/result-space.ts";

interface CommonSpec {
	/** The ONNX file; a SPARSE_TOKENIZE model has none and needs none. */
	modelPath: string;
	/** The tokenizer.json of Hugging Face's fast tokenizers; SPARSE_TOKENIZE looks for idf.json beside it. */
	tokenizerPath: string;
	/** `model_max_length`, tokens. Left out: the tokenizer's own truncation, else 512. */
	maxLength?: number;
	/** Worker threads, each with a session of its own; the model serves from its first one on. */
	allocations: number;
	/** Threads that ONNX Runtime uses in one session. */
	threadsPerAllocation: number;
	/**
	 * Threads of a further session, for a text that comes alone while nothing else runs, and there is another one with
	 * `threadsPerAllocation` for such texts; neither if left out or not more than those.
	 */
	loneThreads?: number;
	/**
	 * The model's content and its configuration in one string: models with the same one make the same of a text.
	 * Left out: nothing is kept of what the model makes.
	 */
	identity?: string;
	/** Inputs that may wait or run in each lane; the runtime's default if left out. */
	queueCapacity?: number;
	/** Bytes of results that may be kept for the model, 0 for none; the whole cache's if left out. */
	cacheBytes?: number;
	/** Where what is prepared of the graph may be kept, beside the model; left out: it is read as it came. */
	preparation?: PreparationRoom;
}

/** The cache folder, which has the model's folder in it. */
export interface PreparationRoom {
	folder: string;
	/** All files in it, bytes; no limit if 0. */
	maxBytes: number;
}

/** What the process of a text embedding model has to know to run it. */
export interface TextEmbeddingSpec extends CommonSpec {
	functionName: "TEXT_EMBEDDING";
	poolingMode: PoolingMode;
	/** Whether a vector is scaled to length 1 (`normalize_result`). */
	normalize: boolean;
	/** `embedding_dimension`: values of a vector. */
	dimension: number;
}

/** The same for the models of every other function: what there is to know is in their files. */
export interface PlainSpec extends CommonSpec {
	functionName: Exclude<FunctionName, "TEXT_EMBEDDING">;
}

/** What a model's process has to know to run it. */
export type ModelSpec = TextEmbeddingSpec | PlainSpec;

/** What a started model says about itself. */
export interface ModelFacts {
	/** Tokens an input may have, special ones included. */
	window: number;
	/** The graph's inputs. */
	inputs: string[];
	/** The graph's outputs that are read. */
	outputs: string[];
	/**
	 * What each token id reads as, of models whose results are weights of tokens; empty for special tokens. As
	 * many strings as the tokenizer has tokens.
	 */
	vocabulary?: string[];
}

/** How a model is run: what of its specification may change while it serves. */
export type RunSettings = Pick<
	ModelSpec,
	"allocations" | "threadsPerAllocation" | "queueCapacity" | "cacheBytes"
>;

export interface RunOptions {
	/** `ingest` if left out. */
	lane?: Lane;
	/** On `performance.now()`'s clock: the call fails with `timeout` if it has no answer by then; none if left out. */
	deadline?: number;
	/** Where the lane has no room: `refuse` (if left out), or `wait` for it, as a bulk does that was let in before. */
	whenFull?: "refuse" | "wait";
	/** Takes the inputs that have not begun out of the queue; the call then rejects with the signal's reason. */
	signal?: AbortSignal;
	/** Is told the place of each input whose result was kept and needs no run; by a model in this process alone. */
	onKept?: (index: number) => void;
}

export interface ModelStats {
	/** `restarting` while a process that ended is being replaced; `failed` once it has been put aside. */
	state: "ready" | "restarting" | "failed" | "stopped";
	/** Of the process; undefined while there is none. */
	pid: number | undefined;
	/**
	 * What runs inputs now: others than the specification's for a moment after a start or a change, and for as long as
	 * the process lives if one of them could not be had, which the log then says.
	 */
	allocations: number;
	threadsPerAllocation: number;
	/** Texts that wait or run now. */
	queued: Record<Lane, number>;
	/** Texts that were run since the model was loaded. */
	texts: number;
	/** Tokens of those texts, special ones included. */
	tokens: number;
	/** Texts of those that were cut at the window. */
	truncated: number;
	/** Texts that the model could not run, or that were lost with their process. */
	failed: number;
	/** Texts turned away because their lane was full. */
	rejected: number;
	/** Texts whose deadline passed. */
	expired: number;
	/** Texts that nobody wanted any more. */
	cancelled: number;
	/** How often the process was started again. */
	restarts: number;
	/** Time the worker threads spent in runs, seconds. */
	runSeconds: number;
	/** Memory of the process that is resident; 0 until it has said so. */
	residentBytes: number;
	/** What is kept of the model's results; undefined where nothing is to be kept. */
	cache: ResultStats | undefined;
}

/** A model in memory. */
export interface LoadedModel {
	readonly spec: ModelSpec;
	readonly facts: ModelFacts;
	readonly state: ModelStats["state"];
	/**
	 * What the model makes of the inputs, in their order. Rejects as a whole, with a SidecarError: `too_many_requests` at
	 * once if the lane has no room, `too_large` if it never could, `bad_request` for an input the model cannot read,
	 * `inference_failed` if the model or its process fails, `timeout` past the deadline, RuntimeStopped (`bad_state`)
	 * if it is unloaded. Equal inputs may share a result: it must never be written to.
	 */
	run(
		inputs: readonly ModelInput[],
		options?: RunOptions,
	): Promise<ModelResult[]>;
	/** `run` for a text embedding model; `bad_request` for any other. */
	embed(texts: readonly string[], options?: RunOptions): Promise<Embedding[]>;
	stats(): ModelStats;
	/** Changes how the model is run, while it serves; workers join and leave soon after. */
	adjust(settings: RunSettings): void;
}

import type { FunctionName, PoolingMode } from "../../schemas/model.ts";
import type { Lane } from "./lanes.ts";
import type { Embedding, ModelInput, ModelResult } from "./model-result.ts";

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

export interface RunOptions {
	/** `ingest` if left out. */
	lane?: Lane;
	/** Takes the inputs that have not begun out of the queue; the call then rejects with the signal's reason. */
	signal?: AbortSignal;
}

export interface ModelStats {
	/** `restarting` while a process that ended is being replaced; `failed` once it has been put aside. */
	state: "ready" | "restarting" | "failed" | "stopped";
	/** Of the process; undefined while there is none. */
	pid: number | undefined;
	/**
	 * What runs inputs now: fewer than the specification's for a moment after a start, and for as long as the
	 * process lives if one of them could not be had, which the log then says.
	 */
	allocations: number;
	/** Texts that wait or run now. */
	queued: number;
	/** Texts answered since the model was loaded. */
	texts: number;
	/** Tokens of those texts, special ones included. */
	tokens: number;
	/** Texts of those that were cut at the window. */
	truncated: number;
	/** Texts refused, or lost with their process. */
	failed: number;
	/** Calls turned away because their lane was full. */
	rejected: number;
	/** How often the process was started again. */
	restarts: number;
	/** Time the worker threads spent in runs, seconds. */
	runSeconds: number;
}

/** A model in memory. */
export interface LoadedModel {
	readonly spec: ModelSpec;
	readonly facts: ModelFacts;
	/**
	 * What the model makes of the inputs, in their order. Rejects as a whole, with a SidecarError: `too_many_requests` at
	 * once if the lane has no room, `too_large` if it never could, `bad_request` for an input the model cannot read,
	 * `inference_failed` if the model or its process fails, RuntimeStopped (`bad_state`) if it is unloaded.
	 */
	run(
		inputs: readonly ModelInput[],
		options?: RunOptions,
	): Promise<ModelResult[]>;
	/** `run` for a text embedding model; `bad_request` for any other. */
	embed(texts: readonly string[], options?: RunOptions): Promise<Embedding[]>;
	stats(): ModelStats;
}

import type { PoolingMode } from "../../schemas/model.ts";
import type { Lane } from "./lanes.ts";

/** What a model's process has to know to run it. */
export interface ModelSpec {
	/** The ONNX file. */
	modelPath: string;
	/** The tokenizer.json of Hugging Face's fast tokenizers. */
	tokenizerPath: string;
	poolingMode: PoolingMode;
	/** Whether a vector is scaled to length 1 (`normalize_result`). */
	normalize: boolean;
	/** `model_max_length`, tokens. Left out: the tokenizer's own truncation, else 512. */
	maxLength?: number;
	/** `embedding_dimension`: values of a vector. */
	dimension: number;
	/** Worker threads, each with a session of its own. */
	allocations: number;
	/** Threads that ONNX Runtime uses in one session. */
	threadsPerAllocation: number;
}

/** What a started model says about itself. */
export interface ModelFacts {
	/** Tokens a text may have, special ones included. */
	window: number;
	/** The graph's inputs. */
	inputs: string[];
	/** The graph's output that is read. */
	output: string;
}

/** One text's vector. */
export interface Embedding {
	/** [dimension], a buffer of its own. */
	vector: Float32Array;
	/** Tokens that were run, special ones included. */
	tokens: number;
	/** Whether the text was longer than the window, so that its end is not in the vector. */
	truncated: boolean;
}

export interface EmbedOptions {
	/** `ingest` if left out. */
	lane?: Lane;
	/** Takes the texts that have not begun out of the queue; the call then rejects with the signal's reason. */
	signal?: AbortSignal;
}

export interface ModelStats {
	/** `restarting` while a process that ended is being replaced; `failed` once it has been put aside. */
	state: "ready" | "restarting" | "failed" | "stopped";
	/** Of the process; undefined while there is none. */
	pid: number | undefined;
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
	 * The texts' embeddings, in their order. Rejects as a whole, with a SidecarError: `too_many_requests` at
	 * once if the lane has no room, `too_large` if it never could, `bad_request` for a text the model cannot read,
	 * `inference_failed` if the model or its process fails, RuntimeStopped (`bad_state`) if it is unloaded.
	 */
	embed(texts: readonly string[], options?: EmbedOptions): Promise<Embedding[]>;
	stats(): ModelStats;
}

import { InferenceSession, Tensor } from "onnxruntime-node";
import type { PoolingMode } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import {
	chooseOutput,
	type GraphInput,
	graphInputs,
	type InputName,
	isPooled,
} from "./model-graph.ts";
import { normalizeL2, pool } from "./pooling.ts";

/** Tokens of one text, both arrays [tokens]. */
export interface Tokens {
	ids: Int32Array;
	typeIds: Int32Array;
}

export interface SessionOptions {
	modelPath: string;
	poolingMode: PoolingMode;
	normalize: boolean;
	dimension: number;
	/** Threads of one run, the calling one included. */
	threads: number;
}

/**
 * One model in ONNX Runtime: tokens in, a vector out. A run takes one text at its true length, so that a
 * vector depends on its text alone (dynamically quantised graphs have one scale for a whole batch). Creating a
 * session and running it block the calling thread: this belongs in a worker thread of a model's process.
 */
export class EmbeddingSession {
	readonly inputs: readonly GraphInput[];
	/** The output that is read; all of them before the first run. */
	#output: string | undefined;
	readonly #session: InferenceSession;
	readonly #options: SessionOptions;

	private constructor(session: InferenceSession, options: SessionOptions) {
		this.inputs = graphInputs(session.inputMetadata);
		this.#session = session;
		this.#options = options;
	}

	/**
	 * Loads a model and runs it once. Throws `bad_request` if it is no ONNX model, if its inputs are not those
	 * of an embedding model, or if its vectors have another dimension than is configured.
	 */
	static async create(options: SessionOptions): Promise<EmbeddingSession> {
		const session = new EmbeddingSession(await open(options), options);
		const ids = Int32Array.of(0, 1, 2);
		await session.run({ ids, typeIds: new Int32Array(ids.length) });
		return session;
	}

	get output(): string {
		return this.#output ?? "";
	}

	/** The vector [dimension] of one text of at least one token. */
	async run(tokens: Tokens): Promise<Float32Array> {
		const count = tokens.ids.length;
		const feeds = Object.fromEntries(
			this.inputs.map((input) => [input.name, tensorOf(input, tokens)]),
		);
		const fetches = this.#output === undefined ? undefined : [this.#output];
		const results = await (fetches === undefined
			? this.#session.run(feeds)
			: this.#session.run(feeds, fetches));
		const { poolingMode, normalize, dimension } = this.#options;
		const { name, dims } = chooseOutput(
			(fetches ?? this.#session.outputNames).map((output) => ({
				name: output,
				type: results[output]?.type ?? "nothing",
				dims: results[output]?.dims ?? [],
			})),
			poolingMode,
		);
		this.#output = name;
		const values = results[name]?.data;
		const width = dims.at(-1) ?? 0;
		if (!(values instanceof Float32Array) || width !== dimension) {
			throw new SidecarError(
				"bad_request",
				`model output has dimension ${width}, but embedding_dimension is ${dimension}`,
			);
		}
		const vector =
			poolingMode === "NONE" || isPooled({ dims })
				? values.slice()
				: pool({ values, tokens: count, dimension }, poolingMode);
		if (normalize) normalizeL2(vector);
		if (!vector.every(Number.isFinite)) {
			throw new SidecarError(
				"inference_failed",
				"the model's vector has a value that is no finite number",
			);
		}
		return vector;
	}
}

async function open(options: SessionOptions): Promise<InferenceSession> {
	try {
		// By its path, not its bytes: data files beside the model are found, and mapped rather than copied.
		return await InferenceSession.create(options.modelPath, {
			executionProviders: ["cpu"],
			intraOpNumThreads: options.threads,
			interOpNumThreads: 1,
			executionMode: "sequential",
			graphOptimizationLevel: "all",
			// Patterns are kept for each shape, and every length of text is one.
			enableMemPattern: false,
			// A waiting thread would spin on a processor that OpenSearch may need.
			extra: {
				session: {
					set_denormal_as_zero: "1",
					intra_op: { allow_spinning: "0" },
				},
			},
		});
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new SidecarError(
			"bad_request",
			`ONNX Runtime cannot load the model: ${reason}`,
			{ cause },
		);
	}
}

function tensorOf({ name, type }: GraphInput, tokens: Tokens): Tensor {
	const values = inputValues(name, tokens);
	const dims = [1, values.length];
	if (type === "int32") return new Tensor("int32", values, dims);
	const wide = new BigInt64Array(values.length);
	// None of the values is negative: on a little-endian machine the low halves are all there is to write,
	// which is several times faster than making a BigInt of each.
	const halves = new Int32Array(wide.buffer);
	for (const [i, value] of values.entries()) halves[2 * i] = value;
	return new Tensor("int64", wide, dims);
}

function inputValues(name: InputName, { ids, typeIds }: Tokens): Int32Array {
	switch (name) {
		case "input_ids":
			return ids;
		case "attention_mask":
			return new Int32Array(ids.length).fill(1);
		case "token_type_ids":
			return typeIds;
		case "position_ids":
			return Int32Array.from(ids.keys());
	}
}

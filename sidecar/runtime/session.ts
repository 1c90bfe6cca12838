import { InferenceSession, Tensor } from "onnxruntime-node";
import { SidecarError } from "../errors.ts";
import { type GraphInput, graphInputs, type InputName } from "./model-graph.ts";
import type { RunOutput } from "./model-result.ts";
import type { ModelSpec } from "./model-spec.ts";
import { functionReader } from "./readers/function-reader.ts";
import type { FilledOutput, OutputReader } from "./readers/output-reader.ts";

/** Tokens of one input, both arrays [tokens]. */
export interface Tokens {
	ids: Int32Array;
	typeIds: Int32Array;
}

const noValues = new Float32Array();

/**
 * One model in ONNX Runtime: tokens in, what its function makes of them out. A run takes one input at its true
 * length, so that a result depends on its input alone (dynamically quantised graphs have one scale for a whole
 * batch). Creating a session and running it block the calling thread: this belongs in a worker thread of a
 * model's process.
 */
export class ModelSession {
	readonly inputs: readonly GraphInput[];
	/** The outputs that are read; all of them before the first run. */
	#outputs: readonly string[] | undefined;
	/** Values of a row of output 0, see `width`. */
	#width = 0;
	readonly #session: InferenceSession;
	readonly #reader: OutputReader;

	private constructor(session: InferenceSession, spec: ModelSpec) {
		this.inputs = graphInputs(session.inputMetadata);
		this.#session = session;
		this.#reader = functionReader(spec);
	}

	/**
	 * Loads a model and runs it once. Throws `bad_request` if it is no ONNX model, or if its inputs or outputs
	 * are not those of its function.
	 */
	static async create(spec: ModelSpec): Promise<ModelSession> {
		const session = new ModelSession(await open(spec), spec);
		const ids = Int32Array.of(0, 1, 2);
		await session.run({ ids, typeIds: new Int32Array(ids.length) });
		return session;
	}

	get outputs(): readonly string[] {
		return this.#outputs ?? [];
	}

	/** The last dimension of the first output that is read. */
	get width(): number {
		return this.#width;
	}

	/** What comes of one input of at least one token. */
	async run(tokens: Tokens): Promise<RunOutput> {
		const feeds = Object.fromEntries(
			this.inputs.map((input) => [input.name, tensorOf(input, tokens)]),
		);
		const results = await (this.#outputs === undefined
			? this.#session.run(feeds)
			: this.#session.run(feeds, this.#outputs));
		const seen = (this.#outputs ?? this.#session.outputNames).map((name) =>
			filled(name, results[name]),
		);
		if (this.#outputs === undefined) {
			const chosen = this.#reader.choose(seen);
			this.#outputs = chosen.map(({ name }) => name);
			this.#width = chosen[0]?.dims.at(-1) ?? 0;
		}
		const read = this.#outputs.flatMap((name) =>
			seen.filter((output) => output.name === name),
		);
		return this.#reader.read(read, tokens.ids.length);
	}
}

/** An output of another type than float32 is seen, not read. */
function filled(name: string, tensor: Tensor | undefined): FilledOutput {
	const data = tensor?.data;
	return {
		name,
		type: tensor?.type ?? "nothing",
		dims: tensor?.dims ?? [],
		values: data instanceof Float32Array ? data : noValues,
	};
}

async function open(spec: ModelSpec): Promise<InferenceSession> {
	try {
		// By its path, not its bytes: data files beside the model are found, and mapped rather than copied.
		return await InferenceSession.create(spec.modelPath, {
			executionProviders: ["cpu"],
			intraOpNumThreads: spec.threadsPerAllocation,
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

function tensorOf({ filling, type }: GraphInput, tokens: Tokens): Tensor {
	const values = inputValues(filling, tokens);
	const dims = [1, values.length];
	if (type === "int32") return new Tensor("int32", values, dims);
	const wide = new BigInt64Array(values.length);
	// None of the values is negative: on a little-endian machine the low halves are all there is to write,
	// which is several times faster than making a BigInt of each.
	const halves = new Int32Array(wide.buffer);
	for (const [i, value] of values.entries()) halves[2 * i] = value;
	return new Tensor("int64", wide, dims);
}

function inputValues(filling: InputName, { ids, typeIds }: Tokens): Int32Array {
	switch (filling) {
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

import { InferenceSession, Tensor } from "onnxruntime-node";
import { SidecarError } from "../errors.ts";
import { fillingOf, floatsOf, valuesFor } from "./graph-values.ts";
import {
	describeOutputs,
	type GraphInput,
	graphInputs,
} from "./model-graph.ts";
import type { RunOutput } from "./model-result.ts";
import type { ModelSpec } from "./model-spec.ts";
import { type GraphFile, sessionRecipe } from "./preparation/graph-file.ts";
import { functionReader } from "./readers/function-reader.ts";
import type { FilledOutput, OutputReader } from "./readers/output-reader.ts";
import { tryWindow } from "./window-trial.ts";

/** Tokens of one input, both arrays [tokens]. */
export interface Tokens {
	ids: Int32Array;
	typeIds: Int32Array;
}

const noValues = new Float32Array();

/**
 * One model in ONNX Runtime: tokens in, what its function makes of them out. A run takes inputs at their true
 * length, and several only where the caller knows that each has the result that it has alone (dynamically quantised
 * graphs have one scale for a whole batch). Creating a session and running it block the calling thread: this belongs in a worker thread of a
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
	static async create(
		spec: ModelSpec,
		graph: GraphFile = { form: "original" },
	): Promise<ModelSession> {
		const session = new ModelSession(await open(spec, graph), spec);
		const ids = Int32Array.of(0, 1, 2);
		await session.runGroup([{ ids, typeIds: new Int32Array(ids.length) }]);
		return session;
	}

	get outputs(): readonly string[] {
		return this.#outputs ?? [];
	}

	/** The last dimension of the first output that is read. */
	get width(): number {
		return this.#width;
	}

	/**
	 * What comes of inputs of at least one token and all of the same length, in their order. Throws `bad_request` for
	 * several inputs to a graph that does not take them together.
	 */
	async runGroup(group: readonly Tokens[]): Promise<RunOutput[]> {
		const rows = await this.#rowsOf(group);
		return group.map(({ ids }, row) =>
			this.#reader.read(rows[row] ?? [], ids.length),
		);
	}

	/** The values of every output that is read, for each of the inputs that `runGroup` takes. */
	async values(group: readonly Tokens[]): Promise<Float32Array[][]> {
		const rows = await this.#rowsOf(group);
		return rows.map((outputs) => outputs.map(({ values }) => values));
	}

	/** The outputs that are read, for each input of a group. */
	async #rowsOf(group: readonly Tokens[]): Promise<FilledOutput[][]> {
		const feeds = Object.fromEntries(
			this.inputs.map((input) => [input.name, tensorOf(input, group)]),
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
		return group.map((_, row) =>
			read.map((output) => rowOf(output, row, group.length)),
		);
	}

	/**
	 * Throws `bad_request` for a window that the model has too few positions for, as far as `tryWindow` can tell.
	 *
	 * @param known tokens of a text that has been run
	 */
	async tryWindow(window: number, known: number): Promise<void> {
		const run = async (tokens: number) => {
			const feeds = this.inputs.map(
				(input) => [input.name, emptyTensor(input, tokens)] as const,
			);
			await this.#session.run(Object.fromEntries(feeds));
		};
		await tryWindow(window, run, { known, now: () => performance.now() });
	}

	/** Frees what ONNX Runtime holds; nothing may be run after it. */
	release(): Promise<void> {
		return this.#session.release();
	}
}

/** What an output says of one input of a group. */
function rowOf(output: FilledOutput, row: number, rows: number): FilledOutput {
	if (rows === 1) return output;
	const [first, ...rest] = output.dims;
	if (first !== rows)
		throw new SidecarError(
			"bad_request",
			`model output ${describeOutputs([output])} has no part for each of ${rows} inputs`,
		);
	const size = output.values.length / rows;
	return {
		...output,
		dims: [1, ...rest],
		values: output.values.subarray(row * size, (row + 1) * size),
	};
}

/** An output of a type that is not read is seen all the same. */
function filled(name: string, tensor: Tensor | undefined): FilledOutput {
	const type = tensor?.type ?? "nothing";
	return {
		name,
		type,
		dims: tensor?.dims ?? [],
		values: floatsOf(type, tensor?.data) ?? noValues,
	};
}

async function open(
	spec: ModelSpec,
	graph: GraphFile,
): Promise<InferenceSession> {
	const { path, options } = sessionRecipe(spec, graph);
	try {
		return await InferenceSession.create(path, options);
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new SidecarError(
			"bad_request",
			`ONNX Runtime cannot load the model: ${reason}`,
			{ cause },
		);
	}
}

/** A row for each input of a group. */
function tensorOf(
	{ filling, type }: GraphInput,
	group: readonly Tokens[],
): Tensor {
	const length = group[0]?.ids.length ?? 0;
	const values = new Int32Array(group.length * length);
	for (const [row, tokens] of group.entries())
		values.set(fillingOf(filling, tokens), row * length);
	return new Tensor(type, valuesFor(type, values), [group.length, length]);
}

/** Of no texts of that length; the positions in it are the same for any number of texts. */
function emptyTensor({ filling, type }: GraphInput, tokens: number): Tensor {
	const values = new Int32Array(filling === "position_ids" ? tokens : 0);
	for (const index of values.keys()) values[index] = index;
	const texts = filling === "position_ids" ? 1 : 0;
	return new Tensor(type, valuesFor(type, values), [texts, tokens]);
}

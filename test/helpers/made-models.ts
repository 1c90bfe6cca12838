import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
	LoadedModel,
	ModelSpec,
	TextEmbeddingSpec,
} from "../../sidecar/runtime/model-spec.ts";
import type { Runtime } from "../../sidecar/runtime/runtime.ts";
import {
	type ElementType,
	type GraphConstant,
	type GraphNode,
	type GraphValue,
	onnxModel,
} from "./onnx-graph.ts";

const onnxType = { float32: 1, float16: 10 } as const;

/** The last axis. */
const last: GraphConstant = {
	name: "last",
	dims: [1],
	values: BigInt64Array.of(-1n),
};

export function tokensInput(name: string, type: ElementType): GraphValue {
	return { name, type, dims: ["batch", "tokens"] };
}

/**
 * A text embedding graph that shows what it was fed: a token's vector has the value of each input, in their order. Its
 * second output, `sentence_embedding`, is their sum over the tokens.
 */
export function mirrorGraph(
	inputs: readonly GraphValue[],
	outputType: "float32" | "float16" = "float32",
): Buffer {
	const width = inputs.length;
	const columns = inputs.flatMap(({ name }): GraphNode[] => [
		cast(name, `${name}-cast`, "float32"),
		{
			op: "Unsqueeze",
			inputs: [`${name}-cast`, "last"],
			outputs: [`${name}-column`],
		},
	]);
	return onnxModel({
		inputs,
		constants: [
			last,
			{ name: "first", dims: [1], values: BigInt64Array.of(1n) },
		],
		nodes: [
			...columns,
			{
				op: "Concat",
				inputs: inputs.map(({ name }) => `${name}-column`),
				outputs: ["columns"],
				attributes: { axis: -1 },
			},
			{
				op: "ReduceSum",
				inputs: ["columns", "first"],
				outputs: ["sum"],
				attributes: { keepdims: 0 },
			},
			cast("columns", "last_hidden_state", outputType),
			cast("sum", "sentence_embedding", outputType),
		],
		outputs: [
			{
				name: "last_hidden_state",
				type: outputType,
				dims: ["batch", "tokens", width],
			},
			{
				name: "sentence_embedding",
				type: outputType,
				dims: ["batch", width],
			},
		],
	});
}

/**
 * A text embedding graph with a table of so many positions: a token's vector is (its position, 1). Positions come from
 * the length of a text, as in BERT, or from an input.
 */
export function positionsGraph(
	positions: number,
	{ asInput = false } = {},
): Buffer {
	const values = Float32Array.from({ length: positions * 2 }, (_, index) =>
		index % 2 === 0 ? index / 2 : 1,
	);
	const counted: GraphNode[] = [
		{ op: "Shape", inputs: ["input_ids"], outputs: ["shape"] },
		{ op: "Gather", inputs: ["shape", "one"], outputs: ["length"] },
		{
			op: "Range",
			inputs: ["zero", "length", "one"],
			outputs: ["position_ids"],
		},
	];
	const ids = tokensInput("input_ids", "int64");
	return onnxModel({
		inputs: asInput ? [ids, tokensInput("position_ids", "int64")] : [ids],
		constants: [
			last,
			{ name: "zero", dims: [], values: BigInt64Array.of(0n) },
			{ name: "one", dims: [], values: BigInt64Array.of(1n) },
			{ name: "nothing", dims: [], values: Float32Array.of(0) },
			{ name: "table", dims: [positions, 2], values },
		],
		nodes: [
			...(asInput ? [] : counted),
			{ op: "Gather", inputs: ["table", "position_ids"], outputs: ["rows"] },
			cast("input_ids", "ids", "float32"),
			{ op: "Mul", inputs: ["ids", "nothing"], outputs: ["zeros"] },
			{ op: "Unsqueeze", inputs: ["zeros", "last"], outputs: ["column"] },
			{ op: "Add", inputs: ["rows", "column"], outputs: ["last_hidden_state"] },
		],
		outputs: [
			{
				name: "last_hidden_state",
				type: "float32",
				dims: ["batch", "tokens", 2],
			},
		],
	});
}

function cast(
	input: string,
	output: string,
	to: keyof typeof onnxType,
): GraphNode {
	const attributes = { to: onnxType[to] };
	return { op: "Cast", inputs: [input], outputs: [output], attributes };
}

/** Graphs written to files of their own, and loaded from there with a tokenizer. */
export class MadeModels {
	readonly #folder: string;
	readonly #runtime: Runtime;
	#made = 0;

	private constructor(folder: string, runtime: Runtime) {
		this.#folder = folder;
		this.#runtime = runtime;
	}

	static async create(runtime: Runtime): Promise<MadeModels> {
		return new MadeModels(
			await mkdtemp(join(tmpdir(), "made-models-")),
			runtime,
		);
	}

	/** Loads a text embedding model; its tokens are averaged unless told otherwise. */
	async embedding(
		graph: Buffer,
		spec: Pick<TextEmbeddingSpec, "dimension" | "tokenizerPath"> &
			Partial<TextEmbeddingSpec>,
	): Promise<LoadedModel> {
		return this.load(graph, {
			functionName: "TEXT_EMBEDDING",
			poolingMode: "MEAN",
			normalize: false,
			allocations: 1,
			threadsPerAllocation: 1,
			...spec,
		});
	}

	async load(
		graph: Buffer,
		spec: DistributedOmit<ModelSpec, "modelPath">,
	): Promise<LoadedModel> {
		const name = `made-${this.#made++}`;
		const modelPath = join(this.#folder, `${name}.onnx`);
		await writeFile(modelPath, graph);
		return this.#runtime.load(name, { ...spec, modelPath });
	}

	/** Takes the models out of memory again, each of which is a process. */
	async unload(): Promise<void> {
		const ids = this.#runtime.ids();
		await Promise.all(ids.map((id) => this.#runtime.unload(id)));
	}

	async close(): Promise<void> {
		await this.#runtime.close();
		await rm(this.#folder, { recursive: true, force: true });
	}
}

/** Omit takes a union for one type. */
type DistributedOmit<T, Key extends keyof T> = T extends unknown
	? Omit<T, Key>
	: never;

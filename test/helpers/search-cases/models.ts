import { join } from "node:path";
import type { ModelArtifact } from "../../../sidecar/dev/model-artifact.ts";
import { partsOf, scattered, zip } from "../function-models.ts";
import type { IngestModel } from "../ingest-cases/models.ts";
import { type GraphValue, onnxModel } from "../onnx-graph.ts";

/** Names of the models of the cases. */
const searchModelNames = ["dense", "narrow", "sparse", "similar"] as const;

export type SearchModelName = (typeof searchModelNames)[number];

/** The models of the cases, by name. */
export type SearchModels = Readonly<Record<SearchModelName, IngestModel>>;

const vocabulary = 30_522;

const tokens: Omit<GraphValue, "name"> = {
	type: "int64",
	dims: ["batch", "tokens"],
};
const inputs: readonly GraphValue[] = [
	{ ...tokens, name: "input_ids" },
	{ ...tokens, name: "attention_mask" },
	{ ...tokens, name: "token_type_ids" },
];

/** The number of dimensions of `<dense>`; `<narrow>` has half as many. */
export const dimension = 16;

/** Each token has a vector of its own and no other token matters, so that no two processors round differently. */
function embeddingGraph(width: number): Buffer {
	return onnxModel({
		inputs,
		constants: [
			{
				name: "table",
				dims: [vocabulary, width],
				values: scattered(vocabulary * width, 11),
			},
		],
		nodes: [
			{
				op: "Gather",
				inputs: ["table", "input_ids"],
				outputs: ["last_hidden_state"],
			},
		],
		outputs: [
			{
				name: "last_hidden_state",
				type: "float32",
				dims: ["batch", "tokens", width],
			},
		],
	});
}

/** The sum of a number for each token of a query and a text. */
function similarityGraph(): Buffer {
	return onnxModel({
		inputs,
		constants: [
			{ name: "last", dims: [1], values: BigInt64Array.of(-1n) },
			{ name: "first", dims: [1], values: BigInt64Array.of(1n) },
			{
				name: "table",
				dims: [vocabulary],
				values: scattered(vocabulary, 13),
			},
		],
		nodes: [
			{ op: "Gather", inputs: ["table", "input_ids"], outputs: ["values"] },
			{ op: "Unsqueeze", inputs: ["values", "last"], outputs: ["column"] },
			{
				op: "ReduceSum",
				inputs: ["column", "first"],
				outputs: ["logits"],
				attributes: { keepdims: 0 },
			},
		],
		outputs: [{ name: "logits", type: "float32", dims: ["batch", 1] }],
	});
}

/** Weights of words: what is not here weighs 1. */
const weights = Object.fromEntries(
	"a of the is in at it and on for cat dog fish wine tea cold warm red old sea night shoes music mountain mice"
		.split(" ")
		.map((word, place) => [word, place < 9 ? 0.125 * (place + 1) : place / 4]),
);

const bert = { model_type: "bert", framework_type: "sentence_transformers" };

/** Makes the models, small ones that give every processor the same numbers, in a folder that exists. */
export async function makeSearchModels(
	miniLm: ModelArtifact,
	folder: string,
): Promise<SearchModels> {
	const { tokenizer } = await partsOf(miniLm.zipPath);
	const make = (name: string, files: Readonly<Record<string, Buffer>>) =>
		zip(join(folder, `search-${name}.zip`), {
			...files,
			"tokenizer.json": tokenizer,
		});
	const embedding = async (name: string, width: number) =>
		({
			archive: await make(name, { "model.onnx": embeddingGraph(width) }),
			functionName: "TEXT_EMBEDDING",
			config: {
				...bert,
				embedding_dimension: width,
				pooling_mode: "mean",
				normalize_result: true,
				additional_config: { space_type: "cosinesimil" },
			},
		}) as const;
	return {
		dense: await embedding("dense", dimension),
		narrow: await embedding("narrow", dimension / 2),
		sparse: {
			archive: await make("sparse", {
				"idf.json": Buffer.from(JSON.stringify(weights)),
			}),
			functionName: "SPARSE_TOKENIZE",
			config: null,
		},
		similar: {
			archive: await make("similar", { "model.onnx": similarityGraph() }),
			functionName: "TEXT_SIMILARITY",
			config: { ...bert, embedding_dimension: dimension },
		},
	};
}

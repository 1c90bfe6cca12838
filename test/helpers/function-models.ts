import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { openPromise } from "yauzl";
import { ZipFile } from "yazl";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import {
	changedModel,
	type GraphNode,
	type GraphValue,
	onnxModel,
} from "./onnx-graph.ts";

/** Models for every function but text embedding, made of MiniLM; the same bytes on every machine. */
export interface FunctionModels {
	sparseEncoding: ModelArtifact;
	sparseTokenize: ModelArtifact;
	/** Without idf.json. */
	sparseTokenizePlain: ModelArtifact;
	textSimilarity: ModelArtifact;
	questionAnswering: ModelArtifact;
	/** A text embedding model with two outputs: token vectors, and their sum as `sentence_embedding`. */
	twoOutputs: ModelArtifact;
}

const vocabulary = 30_522;
const hidden = 384;

const ids: GraphValue = {
	name: "input_ids",
	type: "int64",
	dims: ["batch", "tokens"],
};
const mask: GraphValue = { ...ids, name: "attention_mask" };
const typeIds: GraphValue = { ...ids, name: "token_type_ids" };

/** ml-commons gives two of its functions no token types: in their graphs they are made, all of them 0. */
const zeroTypes: GraphNode = {
	op: "Sub",
	inputs: ["input_ids", "input_ids"],
	outputs: ["token_type_ids"],
};

/** Under these names alone ml-commons feeds a sparse model. */
function tracedNames(inputs: readonly GraphValue[]): GraphNode[] {
	return inputs.map(({ name }) => ({
		op: "Identity",
		inputs: [`input1.${name}`],
		outputs: [name],
	}));
}

/** Numbers from -1 to 1 that look like chance and are none. */
export function scattered(count: number, seed: number): Float32Array {
	let state = seed >>> 0;
	return Float32Array.from({ length: count }, () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.fround((state >>> 8) / 2 ** 23 - 1);
	});
}

/** A weight for each token of the vocabulary: how near MiniLM's tokens come to its embedding, at most. */
export function sparseEncodingGraph(miniLm: Buffer): Buffer {
	const embeddings = "embeddings.word_embeddings.weight";
	return changedModel(miniLm, {
		before: [...tracedNames([ids, mask]), zeroTypes],
		without: ["input_ids", "attention_mask", "token_type_ids"],
		inputs: [ids, mask].map((input) => ({
			...input,
			name: `input1.${input.name}`,
		})),
		constants: [
			{ name: "threshold", dims: [], values: Float32Array.of(2.75) },
			{ name: "one", dims: [], values: Float32Array.of(1) },
		],
		after: [
			{
				op: "DequantizeLinear",
				inputs: [
					`${embeddings}_quantized`,
					`${embeddings}_scale`,
					`${embeddings}_zero_point`,
				],
				outputs: ["table"],
			},
			{
				op: "Transpose",
				inputs: ["table"],
				outputs: ["turned"],
				attributes: { perm: [1, 0] },
			},
			{
				op: "MatMul",
				inputs: ["last_hidden_state", "turned"],
				outputs: ["scores"],
			},
			{
				op: "ReduceMax",
				inputs: ["scores"],
				outputs: ["best"],
				attributes: { axes: [1], keepdims: 0 },
			},
			{ op: "Sub", inputs: ["best", "threshold"], outputs: ["above"] },
			{ op: "Relu", inputs: ["above"], outputs: ["positive"] },
			{ op: "Add", inputs: ["positive", "one"], outputs: ["shifted"] },
			{ op: "Log", inputs: ["shifted"], outputs: ["output"] },
		],
		outputs: [{ name: "output", type: "float32", dims: ["batch", vocabulary] }],
	});
}

/** A linear head on the mean of MiniLM's tokens. */
export function textSimilarityGraph(miniLm: Buffer): Buffer {
	return changedModel(miniLm, {
		constants: [
			{ name: "head", dims: [hidden, 1], values: scattered(hidden, 7) },
		],
		after: [
			{
				op: "ReduceMean",
				inputs: ["last_hidden_state"],
				outputs: ["mean"],
				attributes: { axes: [1], keepdims: 0 },
			},
			{ op: "MatMul", inputs: ["mean", "head"], outputs: ["logits"] },
		],
		outputs: [{ name: "logits", type: "float32", dims: ["batch", 1] }],
	});
}

/** Each token has a number as a beginning and one as an end; nothing is computed, so that no rounding decides. */
export function questionAnsweringGraph(names = ["start_logits", "end_logits"]) {
	const [start = "", end = ""] = names;
	const table = (name: string, seed: number) => ({
		name,
		dims: [vocabulary],
		values: scattered(vocabulary, seed),
	});
	return onnxModel({
		inputs: [ids, mask],
		constants: [table("starts", 3), table("ends", 5)],
		nodes: [
			{ op: "Gather", inputs: ["starts", "input_ids"], outputs: [start] },
			{ op: "Gather", inputs: ["ends", "input_ids"], outputs: [end] },
		],
		outputs: [
			{ name: start, type: "float32", dims: ["batch", "tokens"] },
			{ name: end, type: "float32", dims: ["batch", "tokens"] },
		],
	});
}

/** A text embedding graph of two dimensions: a token's vector is (its id, 1), the text's is their sum. */
export function twoOutputsGraph(): Buffer {
	return onnxModel({
		inputs: [ids, mask, typeIds],
		constants: [
			{ name: "last", dims: [1], values: BigInt64Array.of(-1n) },
			{ name: "first", dims: [1], values: BigInt64Array.of(1n) },
		],
		nodes: [
			{
				op: "Cast",
				inputs: ["input_ids"],
				outputs: ["ids"],
				attributes: { to: 1 },
			},
			{
				op: "Cast",
				inputs: ["attention_mask"],
				outputs: ["ones"],
				attributes: { to: 1 },
			},
			{ op: "Unsqueeze", inputs: ["ids", "last"], outputs: ["a"] },
			{ op: "Unsqueeze", inputs: ["ones", "last"], outputs: ["b"] },
			{
				op: "Concat",
				inputs: ["a", "b"],
				outputs: ["token_embeddings"],
				attributes: { axis: -1 },
			},
			{
				op: "ReduceSum",
				inputs: ["token_embeddings", "first"],
				outputs: ["sentence_embedding"],
				attributes: { keepdims: 0 },
			},
		],
		outputs: [
			{
				name: "token_embeddings",
				type: "float32",
				dims: ["batch", "tokens", 2],
			},
			{ name: "sentence_embedding", type: "float32", dims: ["batch", 2] },
		],
	});
}

/** Inverse document frequencies for some words of the tests. */
export const idf = { hello: 5.25, world: 4.5, "##ing": 0.1, "[CLS]": 99 };

/** Makes them all of MiniLM int8, in a folder that exists. */
export async function makeFunctionModels(
	miniLm: ModelArtifact,
	folder: string,
): Promise<FunctionModels> {
	const { onnx, tokenizer } = await partsOf(miniLm.zipPath);
	const make = (name: string, files: Readonly<Record<string, Buffer>>) =>
		zip(join(folder, `${name}.zip`), {
			...files,
			"tokenizer.json": tokenizer,
		});
	const graph = (name: string, file: Buffer) =>
		make(name, { "model.onnx": file });
	return {
		sparseEncoding: await graph("sparse", sparseEncodingGraph(onnx)),
		sparseTokenize: await make("tokenize", {
			"idf.json": Buffer.from(JSON.stringify(idf)),
		}),
		sparseTokenizePlain: await make("tokenize-plain", {}),
		textSimilarity: await graph("similarity", textSimilarityGraph(onnx)),
		questionAnswering: await graph("answering", questionAnsweringGraph()),
		twoOutputs: await graph("two-outputs", twoOutputsGraph()),
	};
}

/** Stored, and without the time of day: the same archive everywhere. */
export async function zip(
	zipPath: string,
	files: Readonly<Record<string, Buffer>>,
): Promise<ModelArtifact> {
	const archive = new ZipFile();
	const options = {
		compress: false,
		mode: 0o100644,
		mtime: new Date(1980, 0, 1),
		forceDosTimestamp: true,
	};
	for (const [name, file] of Object.entries(files))
		archive.addBuffer(file, name, options);
	archive.end();
	const bytes = await buffer(archive.outputStream);
	await writeFile(zipPath, bytes);
	const sha256 = createHash("sha256").update(bytes).digest("hex");
	return { zipPath, sha256, sizeBytes: bytes.byteLength };
}

/** The graph and the tokenizer of a model's archive. */
export async function partsOf(
	zipPath: string,
): Promise<{ onnx: Buffer; tokenizer: Buffer }> {
	const archive = await openPromise(zipPath, { autoClose: false });
	try {
		let onnx = Buffer.alloc(0);
		let tokenizer = Buffer.alloc(0);
		for await (const entry of archive.eachEntry()) {
			const content = await buffer(await archive.openReadStreamPromise(entry));
			if (entry.fileName === "tokenizer.json") tokenizer = content;
			else onnx = content;
		}
		return { onnx, tokenizer };
	} finally {
		archive.close();
	}
}

import { readFile } from "node:fs/promises";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	deploy,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";
import { sha256Of, zipOf } from "../helpers/small-archive.ts";
import { vectorsOf } from "../helpers/vectors.ts";

/** A token's vector is (its id, 1), and so the mean of a text shows which words are before it. */
const files = {
	"model.onnx": "models/ids-and-mask.onnx",
	"tokenizer.json": "tokenizers/small-wordpiece.json",
};

/** "the" is 8 and "word" 7; before and after them are 2 and 3. */
const prefixes = { query_prefix: "the ", passage_prefix: "word " };
const asQuery = [(2 + 8 + 7 + 3) / 4, 1];
const asPassage = [(2 + 7 + 7 + 3) / 4, 1];

const Found = Compile(
	Type.Object({
		hits: Type.Object({
			hits: Type.Array(
				Type.Object({
					_score: Type.Number(),
					_source: Type.Object({ vector: Type.Array(Type.Number()) }),
				}),
			),
		}),
	}),
);

let sidecar: TestSidecar;
let model: string;
let index: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await register();
	expect(await deploy(sidecar, model)).toMatchObject({ state: "COMPLETED" });
	const pipeline = uniqueName("prefixes");
	await sidecar.call("PUT", `/_ingest/pipeline/${pipeline}`, {
		processors: [
			{ text_embedding: { model_id: model, field_map: { text: "vector" } } },
		],
	});
	index = uniqueName("prefixes");
	await sidecar.call("PUT", `/${index}`, {
		settings: { "index.knn": true, "index.default_pipeline": pipeline },
		mappings: {
			properties: {
				vector: {
					type: "knn_vector",
					dimension: 2,
					method: { name: "hnsw", engine: "lucene", space_type: "l2" },
				},
			},
		},
	});
});
afterAll(async () => {
	await callOpenSearch("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await sidecar.close();
});

/** Registers the model in one chunk. @returns its id */
async function register(): Promise<string> {
	const archive = await zipOf(
		Object.fromEntries(
			await Promise.all(
				Object.entries(files).map(async ([name, path]) => {
					const url = new URL(`../fixtures/${path}`, import.meta.url);
					return [name, await readFile(url)] as const;
				}),
			),
		),
	);
	const { json } = await sidecar.call(
		"POST",
		"/_plugins/_ml/models/_register_meta",
		{
			name: "asymmetric",
			version: "1.0.0",
			function_name: "TEXT_EMBEDDING",
			model_format: "ONNX",
			model_content_hash_value: sha256Of(archive),
			model_content_size_in_bytes: archive.byteLength,
			total_chunks: 1,
			model_config: {
				model_type: "bert",
				embedding_dimension: 2,
				framework_type: "sentence_transformers",
				pooling_mode: "mean",
				...prefixes,
			},
		},
	);
	const id = textAt(json, "model_id");
	await sidecar.call(
		"POST",
		`/_plugins/_ml/models/${id}/upload_chunk/0`,
		archive,
	);
	return id;
}

test.each([
	["query", asQuery],
	["passage", asPassage],
])(
	"a predict embeds a text as the %s that it is said to be",
	async (type, expected) => {
		const path = `/_plugins/_ml/models/${model}/_predict`;
		const { json } = await sidecar.call("POST", path, {
			text_docs: ["word"],
			parameters: { content_type: type },
		});
		expect(vectorsOf(json)).toEqual([expected]);
	},
);

test("a document is embedded as a passage, and a search for its text as a query, without being told", async () => {
	const written = await sidecar.call("PUT", `/${index}/_doc/1?refresh=true`, {
		text: "word",
	});
	expect(written.status).toBe(201);
	const answer = await sidecar.call("POST", `/${index}/_search`, {
		query: {
			neural: { vector: { query_text: "word", model_id: model, k: 1 } },
		},
	});
	const [hit] = Found.Parse(answer.json).hits.hits;
	expect(hit?._source.vector).toEqual(asPassage);
	// k-NN's score of a distance d is 1 / (1 + d²).
	const distance = (asQuery[0] ?? 0) - (asPassage[0] ?? 0);
	expect(hit?._score).toBeCloseTo(1 / (1 + distance ** 2), 5);
});

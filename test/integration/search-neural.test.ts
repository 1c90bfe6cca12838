import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { deployCaseModel } from "../helpers/deployed-model.ts";
import { put, putPipeline } from "../helpers/embedding-index.ts";
import { eventually } from "../helpers/eventually.ts";
import { partsOf, zip } from "../helpers/function-models.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import { makeSearchModels } from "../helpers/search-cases/models.ts";
import {
	type Answer,
	removeModel,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import { valueAt } from "./conformance/json.ts";

/*
 * Which model answers a query that names none, and what keeps a query from a model whose vectors are others.
 */
let folder = "";
let sidecar: TestSidecar;
/** Of 16 dimensions, the second with another archive, the third of 8. */
let dense = "";
let other = "";
let narrow = "";
let sparse = "";

const searches = ["cat", "wine"];

/** An index whose pipeline embeds `text` into `vector`, with documents. */
async function makeIndex(modelId: string, dimension = 16): Promise<string> {
	const index = uniqueName("index");
	const pipeline = await putPipeline(sidecar, {
		processors: [
			{ text_embedding: { model_id: modelId, field_map: { text: "vector" } } },
			{ sparse_encoding: { model_id: sparse, field_map: { text: "weights" } } },
		],
	});
	await put(sidecar, `/${index}`, {
		settings: { "index.knn": true, "index.default_pipeline": pipeline },
		mappings: {
			_meta: { owner: "the tests" },
			properties: {
				vector: {
					type: "knn_vector",
					dimension,
					method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
				},
				weights: { type: "rank_features" },
			},
		},
	});
	const lines = searches.flatMap((text) => [
		{ index: { _id: text } },
		{ text },
	]);
	const { status, text } = await sidecar.call(
		"POST",
		`/${index}/_bulk?refresh=true`,
		lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
	);
	if (status !== 200 || text.includes('"errors":true')) throw new Error(text);
	return index;
}

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "search-neural-"));
	sidecar = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	const made = await makeSearchModels(inject("minilm").int8, folder);
	const { onnx, tokenizer } = await partsOf(made.dense.archive.zipPath);
	const again = await zip(join(folder, "again.zip"), {
		"again.onnx": onnx,
		"tokenizer.json": tokenizer,
	});
	dense = await deployCaseModel(sidecar, made.dense);
	other = await deployCaseModel(sidecar, { ...made.dense, archive: again });
	narrow = await deployCaseModel(sidecar, made.narrow);
	sparse = await deployCaseModel(sidecar, made.sparse);
});
afterAll(async () => {
	for (const model of [dense, other, narrow, sparse])
		await removeModel(sidecar, model);
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

function search(
	index: string,
	query: object,
	to: TestSidecar = sidecar,
): Promise<Answer> {
	return to.call("POST", `/${index}/_search`, { query });
}

const neural = (options: object = {}, field = "vector") => ({
	neural: { [field]: { query_text: "cat", k: 1, ...options } },
});
const found = ({ json }: Answer) => valueAt(json, "hits.hits.0._id");
const reasonOf = ({ json }: Answer) => String(valueAt(json, "error.reason"));

describe("a query that names no model", () => {
	it("is answered by the one that writes the field's vectors", async () => {
		const index = await makeIndex(dense);
		expect(found(await search(index, neural()))).toBe("cat");
		const sparsely = { neural_sparse: { weights: { query_text: "wine" } } };
		expect(found(await search(index, sparsely))).toBe("wine");
	});

	it("is refused where that is another one in another index, unless it names one", async () => {
		const [one, two] = [await makeIndex(dense), await makeIndex(other)];
		const answer = await search(`${one},${two}`, neural());
		expect(answer.status).toBe(400);
		expect(reasonOf(answer)).toContain("model_id must be provided");
		expect(reasonOf(answer)).toContain(dense);
		expect(reasonOf(answer)).toContain(other);
		const named = await search(`${one},${two}`, neural({ model_id: dense }));
		expect(found(named)).toBe("cat");
	});

	it("is refused as with neural-search where that is switched off", async () => {
		const index = await makeIndex(dense);
		const strict = await startSidecar({ SIDECAR_DEFAULT_QUERY_MODELS: false });
		try {
			const answer = await search(index, neural(), strict);
			expect(answer.status).toBe(400);
			expect(reasonOf(answer)).toBe(
				"Invalid neural query: model_id must be provided.",
			);
		} finally {
			await strict.close();
		}
	});
});

describe("a query by another model than the one that wrote the vectors", () => {
	/** Waits for what is written down beside the first write. */
	async function recorded(index: string): Promise<unknown> {
		let meta: unknown;
		await eventually(async () => {
			const { json } = await sidecar.call("GET", `/${index}/_mapping`);
			meta = valueAt(json, `${index}.mappings._meta`);
			return Boolean(valueAt(meta, "ml_sidecar.embedding_models.vector"));
		});
		return meta;
	}

	it("is told in the mapping, beside what the user keeps there", async () => {
		const index = await makeIndex(dense);
		expect(await recorded(index)).toEqual({
			owner: "the tests",
			ml_sidecar: {
				embedding_models: {
					vector: { model_id: dense, content_hash: expect.any(String) },
				},
			},
		});
	});

	it("is answered with a warning that names both", async () => {
		const index = await makeIndex(dense);
		await recorded(index);
		const own = await search(index, neural({ model_id: dense }));
		expect(own.headers.get("warning")).toBeNull();
		const answer = await search(index, neural({ model_id: other }));
		expect(found(answer)).toBe("cat");
		const warning = answer.headers.get("warning");
		expect(warning).toMatch(/^299 /);
		expect(warning).toContain(dense);
		expect(warning).toContain(other);
	});

	it("is refused where a setting says so", async () => {
		const index = await makeIndex(dense);
		await recorded(index);
		const strict = await startSidecar({
			SIDECAR_EMBEDDING_SPACE_CHECK: "refuse",
		});
		try {
			const answer = await search(index, neural({ model_id: other }), strict);
			expect(answer.status).toBe(400);
			expect(reasonOf(answer)).toContain(dense);
			expect(reasonOf(answer)).toContain(other);
		} finally {
			await strict.close();
		}
	});

	it("is refused where its vectors are of another dimension", async () => {
		const index = await makeIndex(dense);
		await recorded(index);
		const answer = await search(index, neural({ model_id: narrow }));
		expect(answer.status).toBe(400);
		expect(reasonOf(answer)).toContain(
			"Query vector has invalid dimension: 8. Dimension should be: 16",
		);
		expect(reasonOf(answer)).toContain(dense);
		expect(reasonOf(answer)).toContain(narrow);
	});
});

describe("a field", () => {
	it("that gets its vectors after a query was refused for it is found at once", async () => {
		const index = uniqueName("index");
		await put(sidecar, `/${index}`, {
			settings: { "index.knn": true },
			mappings: { properties: { later: { type: "text" } } },
		});
		const query = neural({ model_id: dense }, "embedded");
		expect((await search(index, query)).status).toBe(400);
		await put(sidecar, `/${index}/_mapping`, {
			properties: {
				embedded: {
					type: "knn_vector",
					dimension: 16,
					method: { name: "hnsw", engine: "lucene" },
				},
			},
		});
		expect((await search(index, query)).status).toBe(200);
	});

	it("of text is refused in neural-search's words", async () => {
		const index = await makeIndex(dense);
		const answer = await search(index, neural({ model_id: dense }, "text"));
		expect(answer.status).toBe(400);
		expect(reasonOf(answer)).toBe(
			"Failed to process the neural query against the field text because its type is not supported. It should be one of [knn_vector,semantic]",
		);
	});
});

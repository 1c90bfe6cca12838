import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { deployCaseModel } from "../helpers/deployed-model.ts";
import { put } from "../helpers/embedding-index.ts";
import { makeFunctionModels } from "../helpers/function-models.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import {
	type Answer,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";

const SearchAnswer = Compile(
	Type.Object({
		hits: Type.Object({
			max_score: Type.Union([Type.Number(), Type.Null()]),
			hits: Type.Array(
				Type.Object({
					_id: Type.String(),
					_score: Type.Number(),
					_source: Type.Unknown(),
				}),
			),
		}),
	}),
);

/** How ml-commons 3.6 compares them with "cat", by the very same model. */
const documents = {
	wine: { t: "red wine", rank: 3, similarity: -5.2062006 },
	small: { t: "a small cat", rank: 16777217, similarity: 1.6861426 },
	both: { t: "wine and cat", rank: -3, similarity: 1.4493027 },
	one: { t: "one", rank: 7.25, similarity: 5.2465143 },
};

let folder = "";
let sidecar: TestSidecar;
let model: string;
let index: string;
const pipelines: string[] = [];

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "rerank-test-"));
	const { textSimilarity } = await makeFunctionModels(
		inject("minilm").int8,
		folder,
	);
	sidecar = await startSidecar({ SIDECAR_MODEL_ALLOCATIONS: 1 });
	model = await deployCaseModel(sidecar, {
		archive: textSimilarity,
		functionName: "TEXT_SIMILARITY",
		config: {
			model_type: "bert",
			embedding_dimension: 384,
			framework_type: "huggingface_transformers",
		},
	});
	index = uniqueName("index");
	await put(sidecar, `/${index}`, { settings: { number_of_shards: 1 } });
	for (const [id, { t, rank }] of Object.entries(documents))
		await put(sidecar, `/${index}/_doc/${id}`, { t, rank });
	await sidecar.call("POST", `/${index}/_refresh`);
});
afterAll(async () => {
	for (const name of pipelines)
		await sidecar.call("DELETE", `/_search/pipeline/${name}`);
	await sidecar.call("DELETE", `/${index}`);
	await removeModel(sidecar, model);
	await sidecar.close();
	await rm(folder, { recursive: true, force: true });
});

async function searchPipeline(...response_processors: object[]) {
	const name = uniqueName("pipeline");
	await put(sidecar, `/_search/pipeline/${name}`, { response_processors });
	pipelines.push(name);
	return name;
}

function byModel(options: object = {}, model_id = model): object {
	return {
		rerank: {
			ml_opensearch: { model_id },
			context: { document_fields: ["t"] },
			...options,
		},
	};
}

function byField(options: object): object {
	return { rerank: { by_field: options } };
}

const everything = { query: { match_all: {} } };
const forCats = {
	...everything,
	ext: { rerank: { query_context: { query_text: "cat" } } },
};

function search(name: string, body?: object, query = ""): Promise<Answer> {
	const path = `/${index}/_search?search_pipeline=${name}${query}`;
	return sidecar.call("POST", path, body);
}

async function found(...call: Parameters<typeof search>) {
	const { status, text, json } = await search(...call);
	if (status === 200 && SearchAnswer.Check(json)) return json.hits;
	throw new Error(`${status} ${text}`);
}

describe("reranking by a model", () => {
	let name: string;
	beforeAll(async () => {
		name = await searchPipeline(byModel());
	});

	it("puts the hits in the model's order and gives them its scores", async () => {
		const { hits, max_score } = await found(name, forCats);
		expect(hits.map(({ _id }) => _id)).toEqual([
			"one",
			"small",
			"both",
			"wine",
		]);
		for (const { _id, _score } of hits) {
			const expected = Object.entries(documents).find(([id]) => id === _id);
			expect(_score).toBeCloseTo(expected?.[1].similarity ?? Number.NaN, 3);
		}
		expect(max_score).toBe(hits[0]?._score);
	});

	it("takes the text from where the search says that it stands", async () => {
		const query_text_path = "query.match.t.query";
		const { hits } = await found(name, {
			query: { match: { t: "cat" } },
			ext: { rerank: { query_context: { query_text_path } } },
		});
		expect(hits.map(({ _id }) => _id)).toEqual(["small", "both"]);
		expect(hits[0]?._score).toBeCloseTo(documents.small.similarity, 3);
	});

	it.each([
		[everything, "must specify query_context"],
		[undefined, "must specify query_context"],
		[
			{ ...everything, ext: { rerank: { query_context: 5 } } },
			"query_context must be a map",
		],
	])("refuses %j", async (body, reason) => {
		const { status, json } = await search(name, body);
		expect([status, textAt(json, "error", "reason")]).toEqual([400, reason]);
		expect(textAt(json, "error", "type")).toBe("illegal_argument_exception");
	});

	it("has nothing to compare where nothing is found, whatever the model", async () => {
		const unknown = await searchPipeline(byModel({}, "nothing"));
		const nothing = { ...forCats, query: { match: { t: "absent" } } };
		expect((await found(unknown, nothing)).hits).toEqual([]);
		const { status } = await search(unknown, forCats);
		expect(status).toBe(404);
	});

	it("leaves the hits as they were where failures are ignored", async () => {
		const lenient = await searchPipeline(
			byModel({ ignore_failure: true }, "nothing"),
		);
		const { hits } = await found(lenient, forCats);
		expect(hits.map(({ _id, _score }) => [_id, _score])).toEqual(
			Object.keys(documents).map((id) => [id, 1]),
		);
	});

	it("answers in the client's form", async () => {
		const { text, headers } = await search(name, forCats, "&format=yaml");
		expect(headers.get("content-type")).toContain("application/yaml");
		expect(text.indexOf("one")).toBeLessThan(text.indexOf("small"));
		const filtered = await search(name, forCats, "&filter_path=hits.hits._id");
		expect(filtered.json).toEqual({
			hits: {
				hits: ["one", "small", "both", "wine"].map((_id) => ({ _id })),
			},
		});
	});

	it("needs no pipeline to take its own part out of a search's body", async () => {
		const { status, json } = await sidecar.call(
			"POST",
			`/${index}/_search`,
			forCats,
		);
		expect(status).toBe(200);
		expect(SearchAnswer.Check(json) && json.hits.max_score).toBe(1);
	});
});

describe("reranking by a field", () => {
	it("orders the hits by its numbers", async () => {
		const name = await searchPipeline(byField({ target_field: "rank" }));
		const { hits, max_score } = await found(name, everything);
		expect(hits.map(({ _id, _score }) => [_id, _score])).toEqual([
			["small", 16777216],
			["one", 7.25],
			["wine", 3],
			["both", -3],
		]);
		expect(max_score).toBe(16777216);
	});

	it("says what is wrong with a hit that has no such number", async () => {
		const name = await searchPipeline(byField({ target_field: "t" }));
		const { status, json } = await search(name, everything);
		expect([status, textAt(json, "error", "reason")]).toEqual([
			400,
			"The field mapping to rerank by [red wine] is not Numerical, instead of type [String]",
		]);
	});

	it("is followed by OpenSearch's own processors in their order", async () => {
		const name = await searchPipeline(
			byField({
				target_field: "rank",
				remove_target_field: true,
				keep_previous_score: true,
			}),
			{ truncate_hits: { target_size: 1 } },
			{ rename_field: { field: "t", target_field: "title" } },
			{ split: { field: "title", separator: " ", target_field: "words" } },
			{ sort: { field: "words", order: "desc" } },
		);
		const { hits } = await found(name, everything);
		expect(hits).toMatchObject([
			{
				_id: "small",
				_source: {
					previous_score: 1,
					title: "a small cat",
					words: ["small", "cat", "a"],
				},
			},
		]);
	});
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { put } from "../helpers/embedding-index.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import {
	type Answer,
	startSidecar,
	type TestSidecar,
} from "../helpers/sidecar.ts";
import { valueAt } from "./conformance/json.ts";

/*
 * What `neural_sparse` finds without a model. A score is the sum of the weights that a document and the query share,
 * multiplied: the numbers below are sums of that kind, and what neural-search 3.6 answers.
 */
let sidecar: TestSidecar;
const index = uniqueName("index");

const documents = {
	one: { cat: 3.75, red: 1.5, "e.g.": 0.5 },
	two: { ".": 2, "a b": 4 },
	three: { t1999: 0.25, t5: 1 },
};

beforeAll(async () => {
	sidecar = await startSidecar();
	await put(sidecar, `/${index}`, {
		settings: {
			analysis: {
				analyzer: {
					weighing: { tokenizer: "whitespace", filter: ["weights"] },
				},
				filter: { weights: { type: "delimited_payload" } },
			},
		},
		mappings: { properties: { weights: { type: "rank_features" } } },
	});
	const lines = Object.entries(documents).flatMap(([_id, weights]) => [
		{ index: { _id } },
		{ weights },
	]);
	await sidecar.call(
		"POST",
		`/${index}/_bulk?refresh=true`,
		lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
	);
});
afterAll(() => sidecar.close());

function search(options: object, body: object = {}): Promise<Answer> {
	return sidecar.call("POST", `/${index}/_search`, {
		query: { neural_sparse: { weights: options } },
		...body,
	});
}

function scores({ json, text }: Answer): Record<string, unknown> {
	const hits = valueAt(json, "hits.hits");
	if (!Array.isArray(hits)) throw new Error(text);
	return Object.fromEntries(
		hits.map((hit) => [valueAt(hit, "_id"), valueAt(hit, "_score")]),
	);
}

describe("tokens with their weights", () => {
	it("find by any of them, whatever is in their names", async () => {
		const query_tokens = { cat: 2, ".": 1.5, "e.g.": 4, "a b": 0.25 };
		expect(scores(await search({ query_tokens }))).toEqual({
			one: 2 * 3.75 + 4 * 0.5,
			two: 1.5 * 2 + 0.25 * 4,
		});
	});

	it("may be more than a search may have clauses", async () => {
		const query_tokens = Object.fromEntries(
			Array.from({ length: 2_000 }, (_, place) => [
				`t${place}`,
				place === 5 ? 8 : 2,
			]),
		);
		expect(scores(await search({ query_tokens }))).toEqual({
			three: 2 * 0.25 + 8 * 1,
		});
	});

	it("find nothing where there are none", async () => {
		expect(scores(await search({ query_tokens: {} }))).toEqual({});
	});
});

describe("a text", () => {
	it("is taken apart by an analyzer, whose tokens weigh 1", async () => {
		const answer = await search({
			query_text: "Red cats: a CAT",
			analyzer: "standard",
		});
		expect(scores(answer)).toEqual({ one: 1.5 + 3.75 });
	});

	it("is weighed by an analyzer of the index that weighs", async () => {
		const answer = await search({
			query_text: "cat|2 red|0.5",
			analyzer: "weighing",
		});
		expect(scores(answer)).toEqual({ one: 2 * 3.75 + 0.5 * 1.5 });
	});

	it("is refused for an analyzer that the index does not have", async () => {
		const answer = await search({ query_text: "cat", analyzer: "nothing" });
		expect(answer.status).toBe(400);
		expect(answer.text).toContain("Analyzer [nothing] not found");
	});

	it("is refused where nothing is to make tokens of it", async () => {
		const answer = await search({ query_text: "cat" });
		expect(answer.status).toBe(400);
		expect(valueAt(answer.json, "error.reason")).toContain("model_id");
	});
});

describe("two phases", () => {
	it("find by the heavy tokens and score by all of them", async () => {
		const search_pipeline = {
			request_processors: [
				{
					neural_sparse_two_phase_processor: {
						two_phase_parameter: { prune_type: "top_k", prune_ratio: 1 },
					},
				},
			],
		};
		const query_tokens = { cat: 2, red: 1, "a b": 0.25 };
		const answer = await search({ query_tokens }, { search_pipeline });
		expect(scores(answer)).toEqual({ one: 2 * 3.75 + 1 * 1.5 });
	});
});

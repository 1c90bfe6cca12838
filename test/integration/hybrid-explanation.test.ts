import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { put } from "../helpers/embedding-index.ts";
import { uniqueName } from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";
import { valueAt } from "./conformance/json.ts";

/* What is expected is what neural-search 3.6 explains of the same documents and searches. */

const documents = [
	{ t: "cat dog", v: [1, 2] },
	{ t: "cat", v: [2, 2] },
	{ t: "dog", v: [5, 1] },
	{ t: "bird", v: [0, 0] },
];

let sidecar: TestSidecar;
let index: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	index = uniqueName("index");
	await put(sidecar, `/${index}`, {
		settings: { "index.knn": true, number_of_shards: 1 },
		mappings: {
			properties: {
				t: { type: "text" },
				v: {
					type: "knn_vector",
					dimension: 2,
					method: { name: "hnsw", engine: "lucene", space_type: "l2" },
				},
			},
		},
	});
	for (const [id, document] of documents.entries())
		await put(sidecar, `/${index}/_doc/${id}`, document);
	await sidecar.call("POST", `/${index}/_refresh`);
	await sidecar.call("POST", `/${index}/_forcemerge?max_num_segments=1`);
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	await sidecar.close();
});

/** How the first hit's score came about: values and descriptions, those of the sub-queries' own details left out. */
async function explained(
	phase_results_processor: object,
	response_processors: readonly object[] = [{ hybrid_score_explanation: {} }],
): Promise<unknown> {
	const { status, text, json } = await sidecar.call(
		"POST",
		`/${index}/_search?explain=true`,
		{
			size: 3,
			query: {
				hybrid: {
					queries: [
						{ match: { t: "cat" } },
						{ knn: { v: { vector: [1, 1], k: 2 } } },
					],
				},
			},
			search_pipeline: {
				phase_results_processors: [phase_results_processor],
				response_processors,
			},
		},
	);
	if (status !== 200) throw new Error(text);
	expect(valueAt(json, "hits.hits.0._id")).toBe("0");
	return valueAt(json, "hits.hits.0._explanation");
}

function normalization(technique: string, combination: object): object {
	return {
		"normalization-processor": { normalization: { technique }, combination },
	};
}

const bm25 = {
	value: 0.25297338,
	description: "weight(t:cat in 0) [PerFieldSimilarity], result of:",
};
const nearest = { value: 0.5, description: "within top 2 docs", details: [] };

describe("hybrid_score_explanation", () => {
	it.each([
		[
			normalization("min_max", { technique: "arithmetic_mean" }),
			[0.5005, "arithmetic_mean combination of:"],
			["min_max normalization of:", 0.001, 1],
		],
		[
			normalization("l2", {
				technique: "geometric_mean",
				parameters: { weights: [0.3, 0.7] },
			}),
			[0.7518113, "geometric_mean, weights [0.3, 0.7] combination of:"],
			["l2 normalization of:", 0.59339935, 0.8320503],
		],
		[
			{ "score-ranker-processor": { combination: { technique: "rrf" } } },
			[0.032522473, "rrf combination of:"],
			["rrf, rank_constant [60] normalization of:", 0.016129032, 0.016393442],
		],
	] as const)(
		"shows what became of each sub-query's score by %j",
		async (processor, [value, description], [normalized, first, second]) => {
			expect(await explained(processor)).toEqual({
				value: expect.closeTo(value, 6),
				description,
				details: [
					{
						value: expect.closeTo(first, 6),
						description: normalized,
						details: [{ ...bm25, details: expect.any(Array) }],
					},
					{
						value: expect.closeTo(second, 6),
						description: normalized,
						details: [nearest],
					},
				],
			});
		},
	);

	it("is not needed to see the sub-queries' own scores", async () => {
		const processor = normalization("min_max", {});
		expect(await explained(processor, [])).toEqual({
			value: expect.closeTo(0.5, 6),
			description: "combined score of:",
			details: [{ ...bm25, details: expect.any(Array) }, nearest],
		});
	});
});

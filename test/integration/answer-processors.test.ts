import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { put } from "../helpers/embedding-index.ts";
import { opensearchUrl, uniqueName } from "../helpers/opensearch.ts";
import { startSidecar, type TestSidecar } from "../helpers/sidecar.ts";
import { parsed, valueAt } from "./conformance/json.ts";

/*
 * OpenSearch's own response processors are run by the sidecar where they stand behind one of the sidecar's: what they
 * make of hits has to be what OpenSearch makes of them.
 */

const documents = [
	{ t: "cat", k: ["b", "a", "c"], n: [3, 1, 2], s: "x,y,,", g: "A", f: 1.5 },
	{ t: "cat cat", k: ["z"], s: "q", g: "A", m: "single", big: 2 ** 60 },
	{ t: "cat dog dog", k: ["é", "z", "Z"], s: "", g: "B" },
	{ t: "cat dog" },
];

let sidecar: TestSidecar;
let index: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	index = uniqueName("index");
	await put(sidecar, `/${index}`, {
		settings: { number_of_shards: 1 },
		mappings: {
			properties: { k: { type: "keyword" }, s: { type: "keyword" } },
		},
	});
	for (const [id, document] of documents.entries())
		await put(sidecar, `/${index}/_doc/${id}`, document);
	await sidecar.call("POST", `/${index}/_refresh`);
});
afterAll(async () => {
	await sidecar.call("DELETE", `/${index}`);
	await sidecar.close();
});

/** One of the sidecar's that does nothing to a search without a `hybrid` query. */
const ours = { hybrid_score_explanation: {} };

/** The hits that a pipeline gives, or why it gives none. */
async function hitsOf(
	url: string,
	search_pipeline: object,
	body: object,
): Promise<unknown> {
	const answer = await fetch(`${url}/${index}/_search`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({
			query: { match: { t: "cat" } },
			...body,
			search_pipeline,
		}),
	});
	const json = parsed(await answer.text());
	return answer.ok ? valueAt(json, "hits") : valueAt(json, "error.reason");
}

const truncate = { truncate_hits: { target_size: 2 } };
const oversampled = {
	request_processors: [{ oversample: { sample_factor: 1.5 } }],
};

/** The cases below that OpenSearch answers with an error; both answers are compared by their reasons then. */
const refused = new Set([
	"truncate_hits without a size",
	"rename_field of what is missing",
	"split of numbers",
	"collapse of several values",
]);

describe("OpenSearch's response processors behind one of the sidecar's", () => {
	it.each<[string, object[], object, object]>([
		["truncate_hits", [truncate], {}, {}],
		[
			"truncate_hits after oversample",
			[{ truncate_hits: {} }],
			{ size: 2 },
			oversampled,
		],
		["truncate_hits without a size", [{ truncate_hits: {} }], {}, {}],
		[
			"rename_field",
			[{ rename_field: { field: "g", target_field: "h" } }],
			{},
			{},
		],
		[
			"rename_field of fields",
			[{ rename_field: { field: "k", target_field: "h" } }],
			{ fields: ["k", "t"], _source: ["g"] },
			{},
		],
		[
			"rename_field of what is missing",
			[{ rename_field: { field: "nothing", target_field: "h" } }],
			{},
			{},
		],
		[
			"rename_field that may be missing",
			[
				{
					rename_field: { field: "m", target_field: "t", ignore_missing: true },
				},
			],
			{},
			{},
		],
		["sort", [{ sort: { field: "k" } }], {}, {}],
		[
			"sort into another field",
			[{ sort: { field: "k", order: "desc", target_field: "kk" } }],
			{ fields: ["k"] },
			{},
		],
		[
			"sort of numbers",
			[{ sort: { field: "n", order: "desc" } }],
			{ fields: ["n"] },
			{},
		],
		["split", [{ split: { field: "s", separator: "," } }], {}, {}],
		[
			"split with what trails",
			[
				{
					split: {
						field: "s",
						separator: ",",
						preserve_trailing: true,
						target_field: "p",
					},
				},
			],
			{ fields: ["s"] },
			{},
		],
		[
			"split by a class",
			[{ split: { field: "t", separator: "[ao]" } }],
			{},
			{},
		],
		["split by nothing", [{ split: { field: "t", separator: "" } }], {}, {}],
		[
			"split of numbers",
			[{ split: { field: "f", separator: "," } }],
			{ fields: ["f"], _source: false },
			{},
		],
		["collapse", [{ collapse: { field: "g" } }], {}, {}],
		[
			"collapse of fields",
			[{ collapse: { field: "s" } }],
			{ fields: ["s"], _source: false },
			{},
		],
		[
			"collapse of several values",
			[{ collapse: { field: "k" } }],
			{ fields: ["k"], _source: false },
			{},
		],
		[
			"all of them",
			[
				{ collapse: { field: "g" } },
				truncate,
				{ rename_field: { field: "g", target_field: "h" } },
				{ split: { field: "t", separator: " " } },
				{ sort: { field: "t" } },
			],
			{},
			{},
		],
		[
			"what fails and may",
			[
				{
					rename_field: {
						field: "nothing",
						target_field: "h",
						ignore_failure: true,
					},
				},
				truncate,
			],
			{},
			{},
		],
	])("%s", async (name, processors, body, others) => {
		const own = { ...others, response_processors: processors };
		const behind = { ...others, response_processors: [ours, ...processors] };
		const expected = await hitsOf(opensearchUrl(), own, body);
		expect(typeof expected).toBe(refused.has(name) ? "string" : "object");
		expect(await hitsOf(sidecar.url, behind, body)).toEqual(expected);
	});
});

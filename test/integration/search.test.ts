import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { callOpenSearch, uniqueName } from "../helpers/opensearch.ts";
import {
	type Answer,
	deployMiniLm,
	removeModel,
	startSidecar,
	type TestSidecar,
	textAt,
} from "../helpers/sidecar.ts";
import { vectorsOf } from "../helpers/vectors.ts";

const glosses = {
	plumber: "a craftsman who installs and repairs pipes and fixtures",
	cat: "feline mammal usually having thick soft fur and no ability to roar",
	violin: "bowed stringed instrument that is the highest member of its family",
	glacier: "a slowly moving mass of ice",
};

const SearchAnswer = Compile(
	Type.Object({
		hits: Type.Object({
			hits: Type.Array(
				Type.Object({ _id: Type.String(), _score: Type.Number() }),
			),
		}),
	}),
);

let sidecar: TestSidecar;
let model: string;
let index: string;

beforeAll(async () => {
	sidecar = await startSidecar();
	model = await deployMiniLm(sidecar, inject("minilm").int8);
	const pipeline = uniqueName("pipeline");
	await sidecar.call("PUT", `/_ingest/pipeline/${pipeline}`, {
		processors: [
			{ text_embedding: { model_id: model, field_map: { gloss: "vector" } } },
		],
	});
	index = uniqueName("index");
	await sidecar.call("PUT", `/${index}`, {
		settings: { "index.knn": true, "index.default_pipeline": pipeline },
		mappings: {
			properties: {
				gloss: { type: "text" },
				neural: { type: "text" },
				vector: {
					type: "knn_vector",
					dimension: 384,
					method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
				},
			},
		},
	});
	const body = Object.entries(glosses)
		.flatMap(([_id, gloss]) => [{ index: { _id } }, { gloss, neural: gloss }])
		.map((line) => `${JSON.stringify(line)}\n`)
		.join("");
	await sidecar.call("POST", `/${index}/_bulk?refresh=true`, body);
});
afterAll(async () => {
	await removeModel(sidecar, model);
	await sidecar.close();
});

function neural(text: string, options: object = { k: 2 }) {
	return {
		neural: { vector: { query_text: text, model_id: model, ...options } },
	};
}

function search(body: unknown, query = ""): Promise<Answer> {
	return sidecar.call("POST", `/${index}/_search${query}`, body);
}

function hitsOf({ json, text }: Answer) {
	if (!SearchAnswer.Check(json)) throw new Error(text);
	return json.hits.hits;
}

const idsOf = (answer: Answer) => hitsOf(answer).map(({ _id }) => _id);

describe("neural searches find what is meant", () => {
	it.each([
		["someone who repairs water pipes", "plumber"],
		["a pet that purrs", "cat"],
		["something to play music on", "violin"],
		["frozen river", "glacier"],
	])("%s: %s", async (text, expected) => {
		expect(idsOf(await search({ query: neural(text) }))[0]).toBe(expected);
	});

	it("by GET with a body, gzipped too, as OpenSearch's benchmark asks", async () => {
		const body = JSON.stringify({ query: neural("a pet that purrs") });
		const { request } = await import("undici");
		for (const gzip of [false, true]) {
			const answer = await request(`${sidecar.url}/${index}/_search`, {
				method: "GET",
				headers: {
					"content-type": "application/json",
					...(gzip && { "content-encoding": "gzip" }),
				},
				body: gzip ? gzipSync(body) : body,
			});
			const json = await answer.body.json();
			expect(
				idsOf({ json, status: 200, headers: new Headers(), text: "" })[0],
			).toBe("cat");
		}
	});

	it("with the scores of the knn query for the text's vector", async () => {
		const path = `/_plugins/_ml/models/${model}/_predict`;
		const predicted = await sidecar.call("POST", path, {
			text_docs: ["a pet"],
		});
		const knn = {
			knn: { vector: { vector: vectorsOf(predicted.json)[0], k: 4, boost: 2 } },
		};
		const straight = SearchAnswer.Parse(
			await callOpenSearch("POST", `/${index}/_search`, { query: knn }),
		);
		const hits = hitsOf(
			await search({ query: neural("a pet", { k: 4, boost: 2 }) }),
		);
		expect(hits.map(({ _id, _score }) => [_id, _score])).toEqual(
			straight.hits.hits.map(({ _id, _score }) => [_id, _score]),
		);
	});

	it("within other queries, with a filter, min_score, highlighting and aggregations", async () => {
		expect(
			idsOf(
				await search({
					query: {
						bool: {
							must: neural("a pet", { k: 4 }),
							must_not: { ids: { values: ["cat"] } },
						},
					},
				}),
			),
		).not.toContain("cat");
		expect(
			idsOf(
				await search({
					query: neural("a pet", { k: 4, filter: { match: { gloss: "ice" } } }),
				}),
			),
		).toEqual(["glacier"]);
		const [best, next] = hitsOf(
			await search({ query: neural("frozen river", { k: 4 }) }),
		);
		const between = ((best?._score ?? 0) + (next?._score ?? 0)) / 2;
		expect(
			idsOf(
				await search({ query: neural("frozen river", { min_score: between }) }),
			),
		).toEqual(["glacier"]);
		expect(
			(
				await search({
					size: 0,
					query: { match_all: {} },
					aggs: { near: { filter: neural("a pet", { k: 2 }) } },
				})
			).json,
		).toMatchObject({ aggregations: { near: { doc_count: 2 } } });
	});

	it("and a field that happens to be called neural is searched as it is", async () => {
		expect(
			idsOf(await search({ query: { match: { neural: "ice" } } })),
		).toEqual(["glacier"]);
	});
});

describe("a search that can't be carried out says why", () => {
	it.each<[string, object, number, string]>([
		[
			"no such model",
			{ neural: { vector: { query_text: "a", model_id: "unknown" } } },
			404,
			"Failed to find model with the provided model id: unknown",
		],
		[
			"a model id longer than any document's",
			{ neural: { vector: { query_text: "a", model_id: "m".repeat(6_000) } } },
			404,
			`Failed to find model with the provided model id: ${"m".repeat(6_000)}`,
		],
		[
			"an empty model",
			{ neural: { vector: { query_text: "a", model_id: "" } } },
			400,
			"Invalid neural query: model_id field can not be empty",
		],
		[
			"no text",
			{ neural: { vector: { model_id: "m" } } },
			400,
			"Invalid neural query: Either query_text or query_image must be provided.",
		],
	])("%s", async (_name, query, status, reason) => {
		const answer = await search({ query });
		expect(answer.status).toBe(status);
		expect(textAt(answer.json, "error", "reason")).toBe(reason);
	});

	it("in OpenSearch's words where OpenSearch refuses it", async () => {
		const body = `{"query":{"nueral":{}}}`;
		const through = await search(body);
		const straight = await fetch(
			`${inject("opensearchUrl")}/${index}/_search`,
			{
				method: "POST",
				headers: { "content-type": "application/json" },
				body,
			},
		);
		expect(through.status).toBe(straight.status);
		expect(through.text).toBe(await straight.text());
	});

	it("a body larger than allowed is refused with the setting that says so", async () => {
		const small = await startSidecar({ SIDECAR_JSON_BODY_LIMIT: 100 });
		try {
			const answer = await small.call("POST", `/${index}/_search`, {
				query: { match: { neural: "x".repeat(200) } },
			});
			expect(answer.status).toBe(413);
			expect(textAt(answer.json, "error", "reason")).toContain(
				"SIDECAR_JSON_BODY_LIMIT",
			);
		} finally {
			await small.close();
		}
	});

	it("but a large search without a neural query is OpenSearch's to answer, however its body is framed", async () => {
		const small = await startSidecar({ SIDECAR_JSON_BODY_LIMIT: 100 });
		const { request } = await import("undici");
		const values = Array.from({ length: 60_000 }, (_, number) => `id${number}`);
		const body = JSON.stringify({
			query: { ids: { values: [...values, "cat"] } },
		});
		try {
			for (const method of ["GET", "POST"] as const)
				for (const sent of [
					body,
					Readable.from([body.slice(0, 99), body.slice(99)]),
				]) {
					const answer = await request(`${small.url}/${index}/_search`, {
						method,
						headers: { "content-type": "application/json" },
						body: sent,
					});
					expect(answer.statusCode).toBe(200);
					expect(
						SearchAnswer.Parse(await answer.body.json()).hits.hits,
					).toMatchObject([{ _id: "cat" }]);
				}
		} finally {
			await small.close();
		}
	});

	it("and a large one whose texts only look like the sidecar's", async () => {
		const small = await startSidecar({ SIDECAR_JSON_BODY_LIMIT: 100 });
		const semantic = '{"size":0,"query":{"match":{"text":"semantic"}}}';
		const escaped = '{"query":{"match":{"text":"caf\\u00e9"}}}';
		const hybrid = '{"query":{"match":{"text":"a \\"hybrid\\" one"}}}';
		const space = " ".repeat(200);
		try {
			for (const [api, body] of [
				["_search", `${semantic}${space}`],
				["_count", `${hybrid}${space}`],
				["_validate/query", `${hybrid}${space}`],
				["_msearch", `{}\n${semantic}\n{}\n${escaped}\n{}\n${hybrid}\n`],
			] as const) {
				const answer = await fetch(`${small.url}/${index}/${api}`, {
					method: "POST",
					headers: { "content-type": "application/json" },
					body,
				});
				expect(answer.status, `${api}: ${await answer.text()}`).toBe(200);
			}
		} finally {
			await small.close();
		}
	});

	it("a query of the sidecar's that is nested deeper than OpenSearch reads is refused as OpenSearch refuses it", async () => {
		const hybrid = '{"hybrid":{"queries":[{"match_all":{}}]}}';
		// Of values: so many queries within each other are more than some OpenSearch's stack holds.
		const deep = `{"terms":{"text":${"[".repeat(2_000)}${"]".repeat(2_000)}}}`;
		const body = `{"query":{"bool":{"filter":[${deep}],"must":[${hybrid}]}}}`;
		const [ours, theirs] = await Promise.all(
			[sidecar.url, inject("opensearchUrl")].map(async (url) => {
				const answer = await fetch(`${url}/${index}/_search`, {
					method: "POST",
					headers: { "content-type": "application/json" },
					body,
				});
				return { status: answer.status, text: await answer.text() };
			}),
		);
		expect(ours).toEqual(theirs);
		expect(ours?.status).toBe(400);
	});

	it.each<[string, string | Buffer, string | undefined]>([
		[
			"with an escape that may spell neural",
			`{"a":"\\u006e${"x".repeat(200)}"}`,
			undefined,
		],
		[
			"compressed",
			gzipSync(crypto.getRandomValues(new Uint8Array(200))),
			"gzip",
		],
	])("and a large body %s is refused too", async (_what, body, encoding) => {
		const small = await startSidecar({ SIDECAR_JSON_BODY_LIMIT: 100 });
		try {
			const answer = await fetch(`${small.url}/${index}/_search`, {
				method: "POST",
				headers: {
					"content-type": "application/json",
					...(encoding && { "content-encoding": encoding }),
				},
				body,
			});
			expect(answer.status).toBe(413);
			expect(await answer.text()).toContain("SIDECAR_JSON_BODY_LIMIT");
		} finally {
			await small.close();
		}
	});

	it.each(["constructor", "__proto__"])(
		"an encoding called %s is OpenSearch's to refuse, as any that is not known",
		async (encoding) => {
			const call = (url: string) =>
				fetch(`${url}/${index}/_search`, {
					method: "POST",
					headers: {
						"content-type": "application/json",
						"content-encoding": encoding,
					},
					body: "{}",
				});
			const through = await call(sidecar.url);
			const straight = await call(inject("opensearchUrl"));
			expect(through.status).toBe(straight.status);
			expect(SearchAnswer.Parse(await through.json()).hits.hits).toEqual(
				SearchAnswer.Parse(await straight.json()).hits.hits,
			);
		},
	);
});

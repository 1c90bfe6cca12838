import { gzipSync } from "node:zlib";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	field,
	type GlossIndex,
	idsIn,
	startGlossIndex,
} from "../helpers/gloss-index.ts";
import { opensearchUrl } from "../helpers/opensearch.ts";
import { textAt } from "../helpers/sidecar.ts";

let glosses: GlossIndex;
beforeAll(async () => {
	glosses = await startGlossIndex();
});
afterAll(() => glosses.close());

const questions = [
	["a pet that purrs", "cat"],
	["someone who repairs water pipes", "plumber"],
	["frozen river", "glacier"],
] as const;

const searchFor = (text: string) => ({ query: glosses.neural(text) });
const unknownModel = {
	query: { neural: { vector: { query_text: "a", model_id: "unknown" } } },
};

/** Headers and searches as lines. */
function lines(...parts: (object | string)[]): string {
	return parts
		.map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
		.map((line) => `${line}\n`)
		.join("");
}

function msearch(body: string | Buffer, path = `/${glosses.index}/_msearch`) {
	return glosses.sidecar.call("POST", path, body);
}

function responsesIn(json: unknown): unknown[] {
	const responses = field(json, "responses");
	if (!Array.isArray(responses)) throw new Error(JSON.stringify(json));
	return responses;
}

describe("each search of a multi-search is answered in its place", () => {
	it("whatever header it has", async () => {
		const headers = [
			{},
			"",
			{ index: glosses.index, preference: "_local" },
			{ indices: [glosses.index], searchType: "dfs_query_then_fetch" },
		];
		const body = headers.flatMap((header, place) => {
			const [text] = questions[place % questions.length] ?? ["", ""];
			return [header, searchFor(text)];
		});
		const { json } = await msearch(lines(...body));
		expect(responsesIn(json).map(idsIn)).toEqual([
			["cat"],
			["plumber"],
			["glacier"],
			["cat"],
		]);
	});

	it("with Windows' line breaks, an empty line before all, and no search behind the last header", async () => {
		const search = JSON.stringify(searchFor("a pet that purrs"));
		const body = `\n\r\n${search}\r\n{}\r\n{"size":1}\r\n{}\r\n`;
		const { json } = await msearch(body);
		expect(responsesIn(json).map((one) => idsIn(one).length)).toEqual([1, 1]);
	});

	it("by GET, gzipped, as JSON and as lines of it, with the body in the URL, and no index in the path", async () => {
		const { url } = glosses.sidecar;
		const body = lines({ index: glosses.index }, searchFor("frozen river"));
		const parameters = new URLSearchParams({
			source: body,
			source_content_type: "application/x-ndjson",
		});
		const sent = [
			{ type: "application/json", body },
			{ type: "application/x-ndjson", body },
			{ type: "application/x-ndjson", body: gzipSync(body), gzip: true },
			{ query: `?${parameters}` },
		];
		for (const { type, body, gzip, query = "" } of sent) {
			const answer = await request(`${url}/_msearch${query}`, {
				method: "GET",
				headers: {
					...(type !== undefined && { "content-type": type }),
					...(gzip && { "content-encoding": "gzip" }),
				},
				body: body ?? null,
			});
			expect(responsesIn(await answer.body.json()).map(idsIn)).toEqual([
				["glacier"],
			]);
		}
	});

	it("beside searches that are OpenSearch's alone", async () => {
		const { json } = await msearch(
			lines(
				{},
				{ query: { term: { neural: "violin" } } },
				{},
				{
					...searchFor("frozen river"),
				},
			),
		);
		expect(responsesIn(json).map(idsIn)).toEqual([["violin"], ["glacier"]]);
	});

	it("in a wrapper too, whose query may hold line breaks", async () => {
		const inner = JSON.stringify(glosses.neural("frozen river"), null, 2);
		const wrapper = { query: Buffer.from(inner).toString("base64") };
		const { json } = await msearch(lines({}, { query: { wrapper } }));
		expect(responsesIn(json).map(idsIn)).toEqual([["glacier"]]);
	});
});

describe("a search that can't be run leaves the others alone", () => {
	it("and has its error in its place", async () => {
		const { status, json } = await msearch(
			lines(
				...[{}, unknownModel],
				...[{}, searchFor("a pet that purrs")],
				...[{}, { query: { neural: { vector: { model_id: "m" } } } }],
				...[{ index: "no-such-index" }, searchFor("frozen river")],
			),
		);
		expect(status).toBe(200);
		const [unknown, found, wrong, missing, ...others] = responsesIn(json);
		expect(unknown).toMatchObject({
			error: {
				root_cause: [{ type: "status_exception" }],
				type: "status_exception",
			},
			status: 404,
		});
		expect(found).toMatchObject({ status: 200 });
		expect(idsIn(found)).toEqual(["cat"]);
		expect(wrong).toMatchObject({ status: 400 });
		expect(textAt(wrong, "error", "reason")).toContain(
			"Either query_text or query_image must be provided.",
		);
		expect(missing).toMatchObject({
			error: { type: "index_not_found_exception" },
			status: 404,
		});
		expect(others).toEqual([]);
	});

	it("also where none can be run", async () => {
		const { status, json } = await msearch(lines({}, unknownModel));
		expect(status).toBe(200);
		expect(responsesIn(json)).toMatchObject([{ status: 404 }]);
	});

	it("and the answer is in the form that was asked for", async () => {
		const form = "filter_path=responses.status,responses.hits.total";
		const others =
			"typed_keys&rest_total_hits_as_int&max_concurrent_searches=1";
		const { text } = await msearch(
			lines({}, unknownModel, {}, searchFor("frozen river")),
			`/${glosses.index}/_msearch?${form}&${others}`,
		);
		expect(text).toBe(
			'{"responses":[{"status":404},{"hits":{"total":1},"status":200}]}',
		);
	});

	it("but one that can't be parsed is refused with all the others, as OpenSearch does", async () => {
		const wrong = { query: { neural: { vector: { kk: 1 } } } };
		const { status, json } = await msearch(
			lines({}, searchFor("frozen river"), {}, wrong),
		);
		expect(status).toBe(400);
		expect(textAt(json, "error", "reason")).toContain(
			"[neural] query does not support [kk]",
		);
	});
});

describe("what OpenSearch refuses as a whole is refused in its words", () => {
	it.each([
		["no line break at the end", (search: string) => `{}\n${search}`],
		["a broken header", (search: string) => `{"a\n${search}\n`],
		["an unknown header", (search: string) => `{"a":1}\n${search}\n`],
		["no search", (search: string) => `{}\n\n{}\n${search}\n`],
	])("%s", async (_what, made) => {
		const { index } = glosses;
		const body = made(JSON.stringify(searchFor("frozen river")));
		const through = await msearch(body);
		const straight = await request(`${opensearchUrl()}/${index}/_msearch`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			// OpenSearch does not know the query: it has to find the other fault first.
			body: made('{"query":{"match_all":{}}}'),
		});
		expect(through.status).toBe(400);
		expect(through.text).toBe(await straight.body.text());
	});
});

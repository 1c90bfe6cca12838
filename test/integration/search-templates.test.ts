import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	field,
	type GlossIndex,
	idsIn,
	startGlossIndex,
} from "../helpers/gloss-index.ts";
import { opensearchUrl, uniqueName } from "../helpers/opensearch.ts";
import { textAt } from "../helpers/sidecar.ts";

let glosses: GlossIndex;
const stored = uniqueName("template");

const call = (method: string, path: string, body?: unknown) =>
	glosses.sidecar.call(method, path, body);
const ofIndex = (path: string) => `/${glosses.index}${path}`;

beforeAll(async () => {
	glosses = await startGlossIndex();
	const query = JSON.stringify({
		query: glosses.neural("{{text}}", { k: "{{k}}" }),
	}).replace('"{{k}}"', "{{k}}{{^k}}1{{/k}}");
	await call("PUT", `/_scripts/${stored}`, {
		script: { lang: "mustache", source: query },
	});
});
afterAll(async () => {
	await call("DELETE", `/_scripts/${stored}`);
	await glosses.close();
});

const pet = { text: "a pet that purrs" };

describe("a search that a template makes finds what is meant", () => {
	it.each(["GET", "POST"])("by %s, stored, with parameters", async (method) => {
		const body = { id: stored, params: { ...pet, k: 2 } };
		// fetch sends no body with GET.
		const { json } =
			method === "POST"
				? await call("POST", ofIndex("/_search/template"), body)
				: await call(
						"GET",
						`${ofIndex("/_search/template")}?${new URLSearchParams({
							source: JSON.stringify(body),
							source_content_type: "application/json",
						})}`,
					);
		expect(idsIn(json)[0]).toBe("cat");
		expect(idsIn(json)).toHaveLength(2);
	});

	it("written in the request, as text and as an object", async () => {
		const query = glosses.neural("{{text}}");
		for (const source of [JSON.stringify({ query }), { query }]) {
			const body = { source, params: pet };
			const { json } = await call("POST", ofIndex("/_search/template"), body);
			expect(idsIn(json)).toEqual(["cat"]);
		}
	});

	it("with whatever the text holds that means something to templates and to JSON", async () => {
		const text = 'a "pet" {{k}} \\ {{{that}}} purrs\n';
		const body = { id: stored, params: { text } };
		const { status, json } = await call(
			"POST",
			ofIndex("/_search/template"),
			body,
		);
		expect(status).toBe(200);
		expect(idsIn(json)).toEqual(["cat"]);
	});

	it("with explain, profile and the parameters of its URL", async () => {
		const { json } = await call(
			"POST",
			ofIndex("/_search/template?rest_total_hits_as_int=true&typed_keys=true"),
			{ id: stored, params: pet, explain: true, profile: true },
		);
		expect(json).toMatchObject({
			hits: { total: 1, hits: [{ _id: "cat", _explanation: {} }] },
			profile: {},
		});
	});

	it("each of several, and one that fails leaves the others alone", async () => {
		const unknown = {
			source: {
				query: { neural: { vector: { query_text: "a", model_id: "x" } } },
			},
		};
		const lines = [
			...[{}, { id: stored, params: pet }],
			...[{}, { id: "no-such-template" }],
			...[{}, unknown],
			...[{}, { source: '{"query":{"term":{"neural":"violin"}}}' }],
		].map((line) => `${JSON.stringify(line)}\n`);
		const { json } = await call(
			"POST",
			ofIndex("/_msearch/template"),
			lines.join(""),
		);
		const responses = field(json, "responses");
		if (!Array.isArray(responses)) throw new Error(JSON.stringify(json));
		const [found, missing, failed, plain] = responses;
		expect(idsIn(found)).toEqual(["cat"]);
		expect(textAt(missing, "error", "reason")).toContain("no-such-template");
		expect(failed).toMatchObject({ status: 404 });
		expect(idsIn(plain)).toEqual(["violin"]);
	});
});

describe("what is OpenSearch's alone stays so", () => {
	it("rendering shows the search as it was written", async () => {
		const { json } = await call("POST", `/_render/template/${stored}`, {
			params: pet,
		});
		expect(json).toEqual({
			template_output: { query: glosses.neural(pet.text) },
		});
		expect((await call("GET", `/_scripts/${stored}`)).text).toContain("neural");
	});

	it.each([
		{ id: "no-such-template" },
		{ source: '{"query":{"neural":' },
		{ source: { query: { neurall: {} } } },
		{},
	])("%j is refused in OpenSearch's words", async (body) => {
		const through = await call("POST", ofIndex("/_search/template"), body);
		const straight = await fetch(
			`${opensearchUrl()}${ofIndex("/_search/template")}`,
			{
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(body),
			},
		);
		expect(through.status).toBe(straight.status);
		expect(through.text).toBe(await straight.text());
	});
});

import { describe, expect, it } from "vitest";
import {
	clusterForm,
	originalIn,
	originalsText,
	storedForm,
} from "../../sidecar/search/pipelines/stored-form.ts";

const limits = { documentFields: 50 };

const enricher = '{"neural_query_enricher":{"default_model_id":"m"}}';
const filter = '{ "filter_query": {"query": {"term": {"n": 1.50}}} }';
const rename = '{"rename_field":{"field":"a","target_field":"b"}}';
const rerank = '{"rerank":{"by_field":{"target_field":"a"}}}';

function stored(text: string): string {
	const form = storedForm(text, limits);
	if (form === undefined) throw new Error("nothing was changed");
	return form;
}

/** What a client reads back of a pipeline, if the cluster stores a form of it. */
function readBack(text: string): string {
	return originalsText(`{"p":${stored(text)}}`);
}

describe("the stored form of a search pipeline", () => {
	it("has what OpenSearch runs, and only that", () => {
		const form = JSON.parse(
			stored(`{ "version": 3, "request_processors": [${enricher}, ${filter}, ${enricher}],
				"phase_results_processors": [{"normalization-processor": {}}],
				"response_processors": [${rename}, ${rerank}, ${rename}] }`),
		);
		expect(form).toEqual({
			description: expect.any(String),
			version: 3,
			request_processors: [JSON.parse(filter)],
			phase_results_processors: [],
			response_processors: [JSON.parse(rename)],
		});
	});

	it("leaves what OpenSearch runs to the byte", () => {
		const text = `{"request_processors":[${enricher},${filter}]}`;
		expect(stored(text)).toContain(`"request_processors":[${filter}]`);
	});

	it.each([
		["no JSON", "{"],
		["no object", "[]"],
		["nothing of the sidecar's", `{"response_processors":[${rename}]}`],
		["a list that is none", `{"response_processors":${rerank}}`],
		[
			"a name that stands twice",
			`{"response_processors":[{"rerank":{"by_field":{"target_field":"a"},"tag":"x","tag":"y"}}]}`,
		],
		["a processor in a list of others", `{"request_processors":[${rerank}]}`],
	])("is the client's own for %s", (_, text) => {
		expect(storedForm(text, limits)).toBeUndefined();
	});

	it("keeps a description that OpenSearch has to refuse", () => {
		const text = `{"description":5,"response_processors":[${rerank}]}`;
		expect(JSON.parse(stored(text)).description).toBe(5);
	});

	it("is the same for a form that was copied from the cluster", () => {
		const text = `{"version":1,"response_processors":[${rerank}]}`;
		expect(stored(stored(text))).toBe(stored(text));
	});
});

describe("a pipeline that is read back", () => {
	it("is what the client wrote, in its order", () => {
		const text = `{"version":2,"response_processors":[${rerank},${rename}],"description":"d"}`;
		expect(readBack(text)).toBe(`{"p":${text}}`);
	});

	it("has neither white space nor comments nor escapes that need not be", () => {
		const text = `{ "response_processors": [/* best first */ {"rerank": {"by_field": {"target_field": "\\u00e9"}}}] }`;
		expect(readBack(text)).toBe(
			'{"p":{"response_processors":[{"rerank":{"by_field":{"target_field":"é"}}}]}}',
		);
	});

	it("has numbers as OpenSearch writes them", () => {
		const text =
			'{"phase_results_processors":[{"normalization-processor":{"combination":{"parameters":{"weights":[0.30,0.70]}}}}]}';
		expect(readBack(text)).toContain("[0.3,0.7]");
	});

	it("leaves pipelines that are stored as they were written to the byte", () => {
		const answer = `{ "a" : {"description": "x"}, "b": {}, "c": {"description": 5} }`;
		expect(originalsText(answer)).toBe(answer);
		expect(originalsText("no JSON")).toBe("no JSON");
	});

	it("stands beside others", () => {
		const text = `{"response_processors":[${rerank}]}`;
		const answer = `{ "a" : { }, "p" : ${stored(text)} }`;
		expect(originalsText(answer)).toBe(`{ "a" : { }, "p" : ${text} }`);
	});

	it("is known by its description alone", () => {
		const text = `{"response_processors":[${rerank}]}`;
		expect(originalIn(JSON.parse(stored(text)))).toBe(text);
		expect(originalIn({ description: "d" })).toBeUndefined();
		expect(originalIn(undefined)).toBeUndefined();
	});
});

describe("a pipeline in the body of a search", () => {
	it("goes on with its own description and without what the sidecar runs", () => {
		const text = `{"description":"d", "request_processors": [${enricher}, ${filter}]}`;
		expect(clusterForm(text, limits)).toBe(
			`{"description":"d", "request_processors": [${filter}]}`,
		);
	});

	it("goes on as it is without anything of the sidecar's", () => {
		const text = `{"request_processors": [${filter}]}`;
		expect(clusterForm(text, limits)).toBeUndefined();
	});
});

import { describe, expect, it } from "vitest";
import { SimulationBody } from "../../ingest/pipelines/simulation-body.ts";

const body = (text: string) => SimulationBody.parse(text);

describe("the body of a simulation", () => {
	it("keeps every byte around the sources and the pipeline that are replaced", () => {
		const text = `{ "docs" : [ {"_id":7, "_source": {"n": 1.0, "text":"a"}} /* one */,
			{"_index":"i","_routing":"r","_source":{}} ], "x":12345678901234567890, "pipeline":{ } }`;
		const parsed = body(text);
		expect(parsed?.documents).toEqual([
			{
				index: undefined,
				id: "7",
				routing: undefined,
				text: '{"n":1.0,"text":"a"}',
			},
			{ index: "i", id: undefined, routing: "r", text: "{}" },
		]);
		expect(parsed?.pipeline).toBe("{}");
		expect(parsed?.render(["S", "T"], "P")).toBe(
			text
				.replace('{"n": 1.0, "text":"a"}', "S")
				.replace('"_source":{}', '"_source":T')
				.replace("{ }", "P"),
		);
		expect(parsed?.render([], undefined)).toBe(text);
	});

	it.each([
		["no list", "{}"],
		["a list of something else", '{"docs":[1]}'],
		["a source that is no object", '{"docs":[{"_source":{}},{"_source":[]}]}'],
	])("has no documents where OpenSearch refuses them: %s", (_name, text) => {
		expect(body(text)?.documents).toEqual([]);
	});

	it.each(["", "[]", "{", "docs"])("is none in %j", (text) => {
		expect(body(text)).toBeUndefined();
	});
});

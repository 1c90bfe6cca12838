import { describe, expect, it } from "vitest";
import { MultiSearch } from "../../sidecar/search/multi-search.ts";
import { splicedAnswer } from "../../sidecar/search/multi-search-answer.ts";

function read(text: string): MultiSearch {
	const searches = MultiSearch.read(Buffer.from(text));
	if (!searches) throw new Error("not read");
	return searches;
}

const bodiesOf = (text: string) =>
	read(text).searches.map(({ body }) => body.toString());

describe("a multi-search is read as OpenSearch reads it", () => {
	it.each<[string, string, string[]]>([
		["lines", '{}\n{"a":1}\n{}\n{"b":1}\n', ['{"a":1}', '{"b":1}']],
		[
			"headers that are empty",
			'{}\n{"a":1}\n\n{"b":1}\n',
			['{"a":1}', '{"b":1}'],
		],
		["an empty line before all", '\n{}\n{"a":1}\n', ['{"a":1}']],
		["Windows' line breaks", '\r\n{"a":1}\r\n', ['{"a":1}\r']],
		["a header without a search", '{}\n{"a":1}\n{}\n', ['{"a":1}']],
		["a comment behind a header", '{}//x\n{"a":1}\n', ['{"a":1}']],
		["nothing", "", []],
	])("%s", (_what, text, bodies) => {
		expect(bodiesOf(text)).toEqual(bodies);
	});

	it.each(['{}\n{"a":1}', "{}", "{\n{}\n", "[]\n{}\n"])(
		"what it refuses is not read: %j",
		(text) => {
			expect(MultiSearch.read(Buffer.from(text))).toBeUndefined();
		},
	);

	it.each<[string, string | undefined, Record<string, string>]>([
		["{}", undefined, {}],
		['{"index":"a,b","routing":7}', "a,b", { routing: "7" }],
		['{"indices":["a","b"]}', "a,b", {}],
		[
			'{"expandWildcards":["open","hidden"],"searchType":"dfs_query_then_fetch"}',
			undefined,
			{ expand_wildcards: "open,hidden", search_type: "dfs_query_then_fetch" },
		],
	])("a header says where and how: %s", (header, target, parameters) => {
		const [search] = read(`${header}\n{}\n`).searches;
		expect(search).toMatchObject({ target });
		expect(Object.fromEntries(search?.parameters ?? [])).toEqual(parameters);
	});
});

describe("a multi-search is written", () => {
	const text = '{ "index":"é" }\n{"a": 1}\r\n\n{"b":2}\n{}\n{"c":3}\n{}\n';

	it("as it was but for what has another body, or none", () => {
		const bodies = new Map([
			[0, '{"n":0}'],
			[1, undefined],
		]);
		expect(read(text).render(bodies).toString()).toBe(
			'{ "index":"é" }\n{"n":0}\n{}\n{"c":3}\n',
		);
	});
});

describe("answers of searches that were not sent stand in their places", () => {
	const splice = (answer: string, added: [number, string][]) =>
		splicedAnswer(answer, {
			added: new Map(added),
			change: async (one, place) => one.replace("?", String(place)),
		});

	it.each<[string, [number, string][], string]>([
		['[{"n":"?"}, {"n":"?"}]', [[1, "E"]], '[{"n":"0"},E,{"n":"2"}]'],
		[
			'[{"n":"?"}]',
			[
				[0, "E"],
				[2, "F"],
			],
			'[E,{"n":"1"},F]',
		],
		["[ ]", [[0, "E"]], "[E]"],
		['[{"n":"?"}]', [], '[{"n":"0"}]'],
	])("%s with %j", async (responses, added, expected) => {
		const answer = `{ "took":1.0 ,"responses" : ${responses}}\n`;
		expect(await splice(answer, added)).toBe(
			`{"took":1.0,"responses":${expected}}`,
		);
	});

	it("and what is no such answer is said to be none", async () => {
		await expect(splice("<html>", [])).rejects.toMatchObject({
			code: "upstream_broken",
		});
	});
});

import { describe, expect, it } from "vitest";
import {
	mayChooseIndex,
	readDestination,
	readReindex,
	refuseRemote,
} from "../../sidecar/services/by-scroll/reindex-plan.ts";
import {
	readBody,
	rehearsal,
} from "../../sidecar/services/by-scroll/scroll-plan.ts";
import { readUpdate } from "../../sidecar/services/by-scroll/update-plan.ts";
import {
	itemsOf,
	routingOf,
} from "../../sidecar/services/by-scroll/write-lines.ts";

function bodyOf(value: unknown) {
	const body = readBody(JSON.stringify(value));
	if (!body) throw new Error("not an object");
	return body;
}

function reindexOf(value: unknown, parameters: Record<string, string> = {}) {
	const body = bodyOf(value);
	const destination = readDestination(body);
	if (!destination) throw new Error("no destination");
	return readReindex(body, new Map(Object.entries(parameters)), destination);
}

const dest = { index: "d" };

describe("the plan of a reindex", () => {
	it("has what its body and its parameters say, and OpenSearch's defaults", () => {
		expect(reindexOf({ source: { index: ["a", "b*"] }, dest })).toMatchObject({
			action: "indices:data/write/reindex",
			description: "reindex from [a, b*] to [d]",
			source: "a,b*",
			pageSize: 1_000,
			keepAlive: "30m",
			maxDocs: undefined,
			proceeds: false,
			requestsPerSecond: Number.POSITIVE_INFINITY,
			refreshes: false,
			script: undefined,
		});
		const plan = reindexOf(
			{
				conflicts: "proceed",
				max_docs: 10,
				source: { index: "a", size: 50, query: { term: { n: 1 } } },
				dest: { index: "d", op_type: "create", version_type: "external" },
				script: { source: "x" },
			},
			{
				max_docs: "7",
				scroll: "1h",
				requests_per_second: "0.5",
				refresh: "",
				timeout: "2m",
			},
		);
		expect(plan).toMatchObject({
			pageSize: 7,
			keepAlive: "1h",
			maxDocs: 7,
			proceeds: true,
			requestsPerSecond: 0.5,
			refreshes: true,
			script: '{"source":"x"}',
			destination: { operation: "create", versionType: "external" },
		});
		expect([...plan.search]).toEqual([["query", '{"term":{"n":1}}']]);
		expect([...plan.writeParameters]).toEqual([["timeout", "2m"]]);
	});

	it("is not limited by -1, which clients send for no limit", () => {
		const body = { source: { index: "a" }, dest };
		const parameters = { max_docs: "-1", requests_per_second: "-1" };
		expect(reindexOf(body, parameters)).toMatchObject({
			maxDocs: undefined,
			requestsPerSecond: Number.POSITIVE_INFINITY,
		});
	});

	it("keeps the query's numbers as they were written", () => {
		const body = readBody(
			'{"source":{"index":"a","query":{"term":{"n":9007199254740993}}},"dest":{"index":"d"}}',
		);
		const destination = body && readDestination(body);
		if (!destination) throw new Error("no destination");
		const { search } = readReindex(body, new Map(), destination);
		expect(search.get("query")).toBe('{"term":{"n":9007199254740993}}');
	});

	it.each(["[]", "{", "no JSON", '{"a":1}{}'])(
		"can't be made of [%s], which OpenSearch has to refuse",
		(text) => {
			expect(readBody(text)).toBeUndefined();
		},
	);

	it("tells scripts that may choose an index, and sources in other clusters", () => {
		const script = (value: object) => mayChooseIndex(bodyOf({ script: value }));
		expect(script({ source: "ctx._index = 'x'" })).toBe(true);
		expect(script({ id: "stored" })).toBe(true);
		expect(script({ source: "ctx._source.n = 1" })).toBe(false);
		expect(mayChooseIndex(bodyOf({}))).toBe(false);
		const remote = bodyOf({ source: { remote: { host: "http://h:1" } } });
		expect(() => refuseRemote(remote)).toThrow("[source.remote]");
		expect(() => refuseRemote(bodyOf({ source: {} }))).not.toThrow();
	});
});

describe("the plan of an update by query", () => {
	it("searches with the search's parameters and body alone", () => {
		const body = bodyOf({
			query: { match_all: {} },
			script: { source: "x" },
			conflicts: "proceed",
			max_docs: 5,
		});
		const parameters = {
			pipeline: "p",
			scroll_size: "9",
			q: "a:b",
			routing: "r",
			search_timeout: "3s",
			refresh: "false",
			wait_for_completion: "false",
		};
		const plan = readUpdate("a", body, new Map(Object.entries(parameters)));
		expect(plan).toMatchObject({
			description: "update-by-query [a]",
			pipeline: "p",
			pageSize: 5,
			maxDocs: 5,
			proceeds: true,
			refreshes: false,
			destination: undefined,
		});
		expect([...plan.search.keys()]).toEqual(["query"]);
		expect(Object.fromEntries(plan.searchParameters)).toEqual({
			q: "a:b",
			routing: "r",
			timeout: "3s",
		});
	});
});

describe("a rehearsal", () => {
	it("finds no document, and is waited for, whatever the request says", () => {
		const parameters = new Map([
			["wait_for_completion", "false"],
			["q", "a:b"],
			["slices", "auto"],
			["unknown", "x"],
		]);
		const update = rehearsal(
			"update",
			bodyOf({ query: { match_all: {} }, script: { source: "x" } }),
			parameters,
		);
		expect(JSON.parse(update.body)).toEqual({
			query: { match_none: {} },
			script: { source: "x" },
		});
		expect([...update.parameters.keys()]).toEqual(["slices", "unknown"]);
		const reindex = rehearsal(
			"reindex",
			bodyOf({ source: { index: "a", query: { neural: {} } }, dest, foo: 1 }),
			new Map(),
		);
		expect(JSON.parse(reindex.body)).toEqual({
			source: { index: "a", query: { match_none: {} } },
			dest,
			foo: 1,
		});
	});
});

describe("what is written for a document", () => {
	const hit = {
		index: "a",
		id: "1",
		routing: "r",
		version: 3,
		seqNo: undefined,
		primaryTerm: undefined,
		source: '{\n "n": 9007199254740993\r\n}',
	};
	const index = { operation: "index", movedTo: undefined } as const;

	async function linesOf(...[documents, plan]: Parameters<typeof itemsOf>) {
		const items = await itemsOf(documents, plan);
		return items
			.map(({ actionLine, source }) => `${actionLine}${source ?? ""}`)
			.join("");
	}

	it("is one line, for the destination, without the source's version", async () => {
		const plan = reindexOf({
			source: { index: "a" },
			dest: { index: "d", pipeline: "p" },
		});
		expect(await linesOf([{ ...index, hit }], plan)).toBe(
			'{"index":{"_index":"d","_id":"1","routing":"r","pipeline":"p"}}\n{  "n": 9007199254740993 }\n',
		);
	});

	it("has the source's version where the versions are kept outside", async () => {
		const plan = reindexOf({
			source: { index: "a" },
			dest: { index: "d", version_type: "external_gte" },
		});
		expect(await linesOf([{ ...index, hit }], plan)).toContain(
			'"version":3,"version_type":"external_gte"',
		);
	});

	it("is refused by OpenSearch where the document was changed since it was found", async () => {
		const plan = readUpdate("a", new Map(), new Map([["pipeline", "p"]]));
		const found = { ...hit, seqNo: 7, primaryTerm: 1 };
		expect(await linesOf([{ ...index, hit: found }], plan)).toContain(
			'{"index":{"_index":"a","_id":"1","routing":"r","if_seq_no":7,"if_primary_term":1,"pipeline":"p"}}',
		);
	});

	it("is what a script says", async () => {
		const plan = reindexOf({ source: { index: "a" }, dest });
		const written = await linesOf(
			[
				{ operation: "noop", hit, movedTo: undefined },
				{ operation: "delete", hit, movedTo: undefined },
				{ operation: "index", hit: { ...hit, id: "" }, movedTo: "elsewhere" },
			],
			plan,
		);
		expect(written).toMatch(
			/^\{"delete":\{"_index":"d","_id":"1","routing":"r"\}\}\n\{"index":\{"_index":"elsewhere","routing":"r"\}\}\n/,
		);
	});

	it.each([
		[undefined, "r"],
		["keep", "r"],
		["discard", undefined],
		["=x", "x"],
	])("has the routing of dest.routing %s", (routing, expected) => {
		const { destination } = reindexOf({
			source: { index: "a" },
			dest: { index: "d", ...(routing !== undefined && { routing }) },
		});
		expect(routingOf({ destination }, "r")).toBe(expected);
	});
});

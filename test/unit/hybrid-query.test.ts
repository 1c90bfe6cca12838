import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { members, parseObject } from "../../ingest/json-tree.ts";
import { SidecarError } from "../../sidecar/errors.ts";
import { rankedBody } from "../../sidecar/search/hybrid/final-body.ts";
import { HeldVectors } from "../../sidecar/search/hybrid/held-vectors.ts";
import { checkPlace } from "../../sidecar/search/hybrid/hybrid-query.ts";
import { HybridSearch } from "../../sidecar/search/hybrid/hybrid-search.ts";
import { pageOf } from "../../sidecar/search/hybrid/page.ts";
import { SubQueryForms } from "../../sidecar/search/hybrid/sub-query-forms.ts";
import {
	type SearchedShard,
	subSearch,
	whole,
} from "../../sidecar/search/hybrid/sub-search.ts";
import { queriesOfSearch } from "../../sidecar/search/query-walk.ts";

const text = { match: { title: "river" } };
const place = { knn: { place: { vector: [1, 2], k: 3 } } };
const none = new Map<string, string>();

function search(
	hybrid: unknown,
	body: Record<string, unknown> = {},
	parameters: ReadonlyMap<string, string> = none,
): HybridSearch {
	return new HybridSearch(
		JSON.stringify({ query: { hybrid }, ...body }),
		parameters,
	);
}

/** What OpenSearch would name as the reason, on a shard or before. */
function refusalOf(run: () => unknown): string | undefined {
	try {
		run();
	} catch (error) {
		if (error instanceof SidecarError)
			return error.causedBy?.reason ?? error.message;
		throw error;
	}
	return undefined;
}

describe("neural-search's refusals", () => {
	const queries = [text, place];
	it.each([
		["a text", "river", "[hybrid] query malformed, no start_object"],
		["no queries", {}, "requires 'queries' field with at least one clause"],
		["an empty list", { queries: [] }, "must start with start_object"],
		["a number", { queries: [1] }, "must start with start_object"],
		[
			"six",
			{ queries: Array(6).fill(text) },
			"Number of sub-queries exceeds maximum supported by [hybrid] query",
		],
		["boost", { queries, boost: 2 }, "[hybrid] query does not support [boost]"],
		["an option", { queries, weight: 1 }, "Field is not supported by [hybrid]"],
		["a list", { queries, filter: [text] }, "Field is not supported"],
		["depth 0", { queries, pagination_depth: 0 }, "must not be zero"],
		["depth -1", { queries, pagination_depth: -1 }, "greater than 0"],
		["a word", { queries, pagination_depth: "x" }, 'For input string: "x"'],
	])("of %s", (_, hybrid, reason) => {
		expect(refusalOf(() => search(hybrid))).toContain(reason);
	});

	it.each([
		[{ sort: ["_score", "price"] }, "_score sort criteria cannot be applied"],
		[{ sort: "price", track_scores: true }, "track_scores must be set to"],
		[{ sort: { price: "asc" }, min_score: 1 }, "min_score cannot be set"],
		[{ from: 5 }, "pagination_depth param is missing"],
		[{ search_after: [1] }, "Sort must contain at least one field."],
		[{ sort: [{ _score: "asc" }] }, "can't be sorted by _score in ascending"],
	])("of a search with %j", (body, reason) => {
		expect(refusalOf(() => search({ queries }, body))).toContain(reason);
	});

	it("of a scroll", () => {
		const scroll = new Map([["scroll", "1m"]]);
		expect(refusalOf(() => search({ queries }, {}, scroll))).toBe(
			"Scroll operation is not supported in hybrid query",
		);
	});

	it("stay away from what neural-search takes", () => {
		const hybrid = { queries: text, boost: 1, pagination_depth: "20" };
		expect(search(hybrid, { from: 5 }).depth).toBe(20);
	});
});

describe("a hybrid query that is not the search's query", () => {
	const hybrid = { hybrid: { queries: [text] } };
	const refused = (query: unknown) =>
		refusalOf(() => {
			const root = parseObject(JSON.stringify({ query }), {
				allowComments: false,
			});
			if (!root) throw new Error("no body");
			for (const placed of queriesOfSearch(root))
				if (placed.clause.name === "hybrid") checkPlace(placed);
		}) !== undefined;

	it.each([
		["function_score", { function_score: { query: hybrid } }],
		["constant_score", { constant_score: { filter: hybrid } }],
		["script_score", { script_score: { query: hybrid, script: {} } }],
		["should, with others", { bool: { should: [text, hybrid] } }],
		["a filter", { bool: { filter: hybrid } }],
		["must_not", { bool: { must: [text], must_not: [hybrid] } }],
	])("is refused in %s", (_, query) => {
		expect(refused(query)).toBe(true);
	});

	it.each([
		["the query itself", hybrid],
		["must, alone", { bool: { must: [hybrid] } }],
		["must, with a filter", { bool: { must: hybrid, filter: [text] } }],
		["dis_max", { dis_max: { queries: [hybrid, text] } }],
		["nested", { nested: { path: "a", query: hybrid } }],
	])("is taken in %s", (_, query) => {
		expect(refused(query)).toBe(false);
	});
});

describe("a sub-query", () => {
	const narrowing = { term: { category: "c1" } };

	it("looks for neighbours among what the hybrid's filter leaves", () => {
		const own = { range: { price: { gte: 1 } } };
		const filtered = { knn: { place: { ...place.knn.place, filter: own } } };
		const { subQueries } = search({
			queries: [text, place, filtered],
			filter: narrowing,
		});
		expect(subQueries.map((query) => JSON.parse(query))).toEqual([
			{ bool: { must: [text], filter: [narrowing] } },
			{ knn: { place: { ...place.knn.place, filter: narrowing } } },
			{
				knn: {
					place: {
						...place.knn.place,
						filter: { bool: { filter: [own, narrowing] } },
					},
				},
			},
		]);
	});

	it("is read whole where the body has comments and lines of its own", () => {
		const body = JSON.stringify(
			{ query: { hybrid: { queries: [text, place] } } },
			null,
			3,
		);
		const sent = `/* why */ ${body.replace("{", "{ // here\n")}\n`;
		const { subQueries } = new HybridSearch(sent, none);
		expect(subQueries).toEqual(
			[text, place].map((query) => JSON.stringify(query)),
		);
	});

	const formOf = (search: HybridSearch) =>
		new SubQueryForms(search, undefined).of(0);
	const third: SearchedShard = { ...whole, number: 2 };
	it.each([
		[undefined, "_shards:2"],
		["_local", "_shards:2|_local"],
		["_shards:0,2|_only_nodes:a", "_shards:2|_only_nodes:a"],
		["_shards:0,2", "_shards:2"],
		// OpenSearch takes no word of the client's own beside a shard.
		["session-1", "_shards:2"],
	])("on one shard, where the client prefers %s", (preference, expected) => {
		const parameters = new Map(preference ? [["preference", preference]] : []);
		const sent = subSearch(search({ queries: [text] }), third, {
			form: formOf(search({ queries: [text] })),
			target: "a",
			parameters,
		});
		expect(sent.parameters).toEqual({ preference: expected });
	});

	it("has what decides on its hits and their scores, and nothing that is for the answer", () => {
		const body = {
			size: 4,
			aggs: { a: { terms: { field: "b" } } },
			highlight: { fields: { title: {} } },
			post_filter: narrowing,
			timeout: "3s",
			terminate_after: 7,
			_source: ["title"],
			min_score: 0.5,
		};
		const asked = search({ queries: [text] }, body);
		const sent = subSearch(asked, whole, {
			form: formOf(asked),
			target: "a",
			parameters: none,
		});
		expect(JSON.parse(sent.body)).toEqual({
			query: text,
			size: 4,
			post_filter: narrowing,
			timeout: "3s",
			terminate_after: 7,
			_source: false,
			sort: ["_score", "_doc"],
			track_total_hits: false,
			search_pipeline: "_none",
		});
	});
});

it("a vector that was kept out of the body is sent, in each search that needs it", () => {
	const vectors = new HeldVectors();
	const made = { form: "vector", json: "[1.5,2]", dimension: 2 } as const;
	const held = vectors.hold(made);
	const json = "json" in held ? held.json : "";
	const asked = new HybridSearch(
		`{"query":{"hybrid":{"queries":[{"knn":{"place":{"vector":${json},"k":3}}}]}}}`,
		none,
		{ vectors },
	);
	const sent = subSearch(asked, whole, {
		form: new SubQueryForms(asked, undefined).of(0),
		target: "a",
		parameters: none,
	});
	const final = asked.with({ query: asked.disjunction(asked.subQueries) });
	for (const body of [sent.body, final])
		expect(body).toContain('{"knn":{"place":{"vector":[1.5,2],"k":3}}}');
});

describe("the final body", () => {
	const own = ["query", "from", "size", "min_score", "rescore", "post_filter"];
	const others = fc.dictionary(
		fc.string().filter((name) => ![...own, "sort", "explain"].includes(name)),
		fc.jsonValue(),
	);

	it("keeps all that does not decide on the page, to the byte", () => {
		fc.assert(
			fc.property(others, (rest) => {
				fc.pre(!("track_scores" in rest) && !("search_after" in rest));
				const sent = JSON.stringify({
					query: { hybrid: { queries: text } },
					...rest,
				});
				const asked = new HybridSearch(sent, none);
				const { body } = rankedBody(asked, pageOf(asked, []), {
					queries: [JSON.stringify(text)],
					severalIndices: false,
				});
				expect(othersOf(body)).toEqual(othersOf(sent));
			}),
		);
	});

	function othersOf(body: string): string[] {
		const root = parseObject(body, { allowComments: false });
		return members(root)
			.filter(({ name }) => !own.includes(name))
			.map(({ node }) => body.slice(node.offset, node.offset + node.length));
	}
});

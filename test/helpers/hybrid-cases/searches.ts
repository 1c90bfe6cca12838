import type { HybridIndex } from "./documents.ts";

/** A search for a hybrid query, sent to each of some targets. */
export interface HybridCase {
	readonly name: string;
	readonly body: Readonly<Record<string, unknown>>;
	/** Of the URL. */
	readonly parameters?: Readonly<Record<string, string>>;
}

/** What the searches are sent to. */
export const hybridTargets: readonly (readonly HybridIndex[])[] = [
	["one"],
	["three"],
	["one", "three"],
];

const text = { match: { title: "river bridge" } };
const place = { knn: { place: { vector: [0.5, 0.5, 0.5, 0.5], k: 10 } } };
const cheap = { range: { price: { gte: 20 } } };

function hybrid(options: Record<string, unknown> = {}) {
	return { hybrid: { queries: [text, place], ...options } };
}

const deep = hybrid({ pagination_depth: 20 });

/** Everything of a search's body that has to do with scores, or with what is found. */
export const hybridCases: readonly HybridCase[] = [
	{ name: "a page", body: { query: hybrid() } },
	{ name: "one hit", body: { size: 1, query: hybrid() } },
	{ name: "more than there are", body: { size: 100, query: hybrid() } },
	{ name: "no hits", body: { size: 0, query: hybrid(), aggs: categories() } },
	{ name: "pagination_depth", body: { size: 5, query: deep } },
	{ name: "the second page", body: { from: 5, size: 5, query: deep } },
	{ name: "the last page", body: { from: 20, size: 50, query: deep } },
	{
		name: "from and size of the URL",
		body: { query: deep },
		parameters: { from: "3", size: "4" },
	},
	{ name: "filter", body: { size: 5, query: hybrid({ filter: cheap }) } },
	{
		name: "post_filter",
		body: { size: 5, query: hybrid(), post_filter: cheap, aggs: categories() },
	},
	{ name: "aggregations", body: { query: hybrid(), aggs: categories() } },
	{
		name: "min_score",
		body: { size: 5, query: hybrid(), min_score: 0.4, aggs: categories() },
	},
	{
		name: "rescore",
		body: {
			size: 5,
			query: hybrid(),
			rescore: {
				window_size: 5,
				query: { rescore_query: { match: { title: "water" } } },
			},
		},
	},
	{
		name: "collapse",
		body: { query: hybrid(), collapse: { field: "category" } },
	},
	{
		name: "sort",
		body: { query: hybrid(), sort: [{ price: "desc" }, { _id: "asc" }] },
	},
	{
		name: "search_after",
		body: {
			query: hybrid(),
			sort: [{ price: "desc" }, { _id: "asc" }],
			search_after: [30, "5"],
		},
	},
	{ name: "sort by score", body: { query: hybrid(), sort: ["_score"] } },
	{
		name: "highlight",
		body: { query: hybrid(), highlight: { fields: { title: {} } } },
	},
	{
		name: "inner hits",
		body: {
			query: {
				hybrid: {
					queries: [
						{
							nested: {
								path: "parts",
								query: { term: { "parts.kind": "x1" } },
								inner_hits: { size: 1, _source: false },
							},
						},
						place,
					],
				},
			},
		},
	},
	{
		name: "names",
		body: {
			query: {
				hybrid: {
					_name: "all",
					queries: [
						{ match: { title: { query: "river bridge", _name: "text" } } },
						{ knn: { place: { ...place.knn.place, _name: "place" } } },
					],
				},
			},
		},
	},
	{
		name: "five sub-queries",
		body: {
			query: {
				hybrid: {
					queries: [
						text,
						place,
						{ match: { title: "house" } },
						{ term: { category: "c2" } },
						{ range: { price: { gte: 30 } } },
					],
				},
			},
		},
	},
	{
		name: "a sub-query that finds nothing",
		body: {
			query: { hybrid: { queries: [{ match: { title: "nothing" } }, text] } },
		},
	},
	{
		name: "more neighbours than hits",
		body: {
			size: 5,
			query: {
				hybrid: {
					queries: [text, { knn: { place: { ...place.knn.place, k: 50 } } }],
				},
			},
		},
	},
	{
		name: "a counted total",
		body: { query: hybrid(), track_total_hits: 5 },
	},
	{
		name: "routing",
		body: { query: hybrid() },
		parameters: { routing: "1" },
	},
];

function categories() {
	return { categories: { terms: { field: "category" } } };
}

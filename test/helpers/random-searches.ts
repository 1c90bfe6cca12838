import fc from "fast-check";
import { isObject, type JsonObject } from "../../ingest/json.ts";

/*
 * Random bodies of searches, built from what the query language of OpenSearch allows, and not from what is tested with
 * them. Queries of the sidecar's stand where a query may stand, and nowhere else; what only looks like one stands
 * everywhere else.
 */

/** A search with queries of the sidecar's. */
export interface RandomSearch {
	/** As a client sends it. */
	text: string;
	/** What is sent instead, where the vector of a text is a list of that text. */
	expected: JsonObject;
	/** The text with {@link mark} in the place of each of these queries; undefined where some are encoded. */
	marked: string | undefined;
	/** How many of the sidecar's queries are in it. */
	count: number;
}

/** What stands for a query of the sidecar's where only the rest of a search matters. */
export const mark = { marked: 0 };

/** Texts and names that look like what they are not. */
const names = fc.constantFrom(
	"neural",
	"hybrid",
	"query",
	"filter",
	"wrapper",
	"queries",
	"inner_hits",
	"f",
	"a.neural",
	"__proto__",
	"constructor",
	'é"\\neural',
);

const values: fc.Arbitrary<unknown> = fc.oneof(
	names,
	fc.integer(),
	fc.boolean(),
	fc.constant({ neural: { v: { query_text: "x" } } }),
	fc.constant([{ query: { neural: {} } }]),
);

/** An object with one member of any name. */
function named(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
	return fc.tuple(names, value).map((entry) => Object.fromEntries([entry]));
}

/** Queries that hold no other, whatever stands in them. */
const leaf: fc.Arbitrary<unknown> = fc.oneof(
	fc.record({ match: named(values) }),
	fc.record({ term: named(fc.record({ value: values })) }),
	fc.record({ terms: named(fc.array(names, { maxLength: 2 })) }),
	fc.record({ exists: fc.record({ field: names }) }),
	fc.record({ more_like_this: fc.record({ like: fc.array(values) }) }),
	fc.record({
		percolate: fc.record({
			field: names,
			document: fc.record({ query: values, neural: values }),
		}),
	}),
	fc.record({
		script_score: fc.record({
			query: fc.constant({ match_all: {} }),
			script: fc.record({ source: names, params: named(values) }),
		}),
	}),
	fc.record({ unknown_query: fc.record({ query: values, filter: values }) }),
	fc.record({ wrapper: fc.record({ query: names }) }),
);

/** One or a list, as much of the language allows. */
function oneOrMore(query: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
	return fc.oneof(query, fc.array(query, { maxLength: 3 }));
}

function optional(
	members: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<unknown> {
	return fc.record(members, { requiredKeys: [] });
}

type Part = "query" | "innerHits" | "aggregations" | "sort" | "highlight";

function parts({ own }: { own: boolean }) {
	return fc.letrec<Record<Part, unknown>>((tie) => {
		const query = tie("query");
		const weighted = (arbitrary: fc.Arbitrary<unknown>, weight = 1) => ({
			arbitrary,
			weight,
		});
		const compound = [
			fc.record({
				bool: optional({
					must: oneOrMore(query),
					filter: oneOrMore(query),
					should: oneOrMore(query),
					must_not: oneOrMore(query),
					mustNot: oneOrMore(query),
					_name: names,
				}),
			}),
			fc.record({ constant_score: fc.record({ filter: query }) }),
			fc.record({ dis_max: fc.record({ queries: fc.array(query) }) }),
			fc.record({ boosting: fc.record({ positive: query, negative: query }) }),
			fc.record({
				function_score: fc.record({
					query,
					functions: fc.array(optional({ filter: query, weight: values })),
				}),
			}),
			fc.record({ script_score: fc.record({ query, script: named(values) }) }),
			fc.record({
				nested: fc.record({
					path: names,
					query,
					inner_hits: tie("innerHits"),
				}),
			}),
			fc.record({
				has_child: fc.record({
					type: names,
					query,
					inner_hits: tie("innerHits"),
				}),
			}),
			fc.record({ has_parent: fc.record({ parent_type: names, query }) }),
			fc.record({
				knn: named(fc.record({ vector: fc.constant([1]), filter: query })),
			}),
			fc.record({
				terms: named(fc.record({ index: names, path: names, query })),
			}),
			query.map((inner) => ({ wrapped: inner })),
		].map((arbitrary) => weighted(arbitrary));
		return {
			query: fc.oneof(
				{ maxDepth: 3, depthSize: "small" },
				weighted(leaf, 6),
				...(own ? [weighted(ownQuery(query), 6)] : []),
				...compound,
			),
			sort: oneOrMore(
				named(
					fc.record({
						order: names,
						nested: fc.record({
							path: names,
							filter: query,
							nested: fc.record({ path: names, filter: query }),
						}),
					}),
				),
			),
			highlight: optional({
				highlight_query: query,
				fields: oneOrMore(named(fc.record({ highlight_query: query }))),
				type: names,
			}),
			innerHits: optional({
				name: names,
				sort: tie("sort"),
				highlight: tie("highlight"),
				_source: values,
			}),
			aggregations: named(
				fc.oneof(
					fc.record({ filter: query }),
					fc.record({ filters: fc.record({ filters: oneOrNamed(query) }) }),
					fc.record({
						adjacency_matrix: fc.record({ filters: named(query) }),
					}),
					fc.record({
						significant_text: fc.record({
							field: names,
							background_filter: query,
						}),
					}),
					fc.record({
						top_hits: tie("innerHits"),
						aggs: fc.oneof(
							{ maxDepth: 2 },
							fc.constant({}),
							tie("aggregations"),
						),
					}),
					fc.record({ terms: fc.record({ field: names, include: values }) }),
				),
			),
		};
	});
}

function oneOrNamed(query: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
	return fc.oneof(fc.array(query, { maxLength: 2 }), named(query));
}

function body(options: { own: boolean }): fc.Arbitrary<unknown> {
	const { query, sort, highlight, innerHits, aggregations } = parts(options);
	return optional({
		query,
		post_filter: query,
		rescore: fc.oneof(
			rescore(query),
			fc.array(rescore(query), { maxLength: 2 }),
		),
		sort,
		highlight,
		collapse: fc.record({ field: names, inner_hits: oneOrMore(innerHits) }),
		aggs: aggregations,
		suggest: named(values),
		ext: named(values),
		_source: values,
		script_fields: named(values),
		size: fc.constant(1.5e3),
	});
}

function rescore(query: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
	return fc.record({
		window_size: fc.integer(),
		query: fc.record({ rescore_query: query, query_weight: fc.integer() }),
	});
}

/** Stands for a query of the sidecar's, which may have a filter. */
function ownQuery(query: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
	return fc.oneof(
		{ maxDepth: 3, depthSize: "small" },
		fc.constant({ own: {} }),
		fc.record({ own: fc.record({ filter: query }) }),
	);
}

/** Searches without a query of the sidecar's. */
export const randomForeignSearch: fc.Arbitrary<string> = fc
	.tuple(body({ own: false }), layouts())
	.map(([search, layout]) => written(encoded(search), layout));

/** Searches with some of them, in places that they may stand in. */
export const randomSearch: fc.Arbitrary<RandomSearch> = fc
	.tuple(body({ own: true }), layouts())
	.map(([search, layout]): RandomSearch => {
		let count = 0;
		const sent = replaced(search, (options) => {
			count++;
			const text = { query_text: `text ${count}`, model_id: "m", k: count };
			return { neural: { v: { ...text, ...options } } };
		});
		let place = 0;
		const expected = replaced(search, (options) => {
			place++;
			return {
				knn: { v: { vector: [`text ${place}`], k: place, ...options } },
			};
		});
		const marked = replaced(search, () => mark);
		const hidden = JSON.stringify(sent) !== JSON.stringify(encoded(sent));
		return {
			text: written(encoded(sent), layout),
			expected: isObject(expected) ? opened(expected) : {},
			marked: hidden ? undefined : written(marked, layout),
			count,
		};
	});

interface Layout {
	spaces: number;
	/** Whether a letter of the name of each query is written as an escape. */
	escapes: boolean;
	comment: boolean;
	mark: boolean;
}

function layouts(): fc.Arbitrary<Layout> {
	return fc.record({
		spaces: fc.constantFrom(0, 0, 3),
		escapes: fc.boolean(),
		comment: fc.boolean(),
		mark: fc.boolean(),
	});
}

function written(search: unknown, layout: Layout): string {
	const text = JSON.stringify(search, undefined, layout.spaces);
	const escaped = layout.escapes
		? text.replaceAll('"neural":', '"n\\u0065ural":')
		: text;
	const commented = layout.comment ? `/* {"neural":1} */${escaped}` : escaped;
	return layout.mark ? `\ufeff${commented}` : commented;
}

/** A value with everything that stands for a query of the sidecar's as something else. */
function replaced(
	value: unknown,
	make: (options: JsonObject) => unknown,
): unknown {
	const inner = (one: unknown) => replaced(one, make);
	if (Array.isArray(value)) return value.map(inner);
	if (!isObject(value)) return value;
	if (Object.keys(value).join() !== "own") return mapped(value, inner);
	return make(isObject(value.own) ? mapped(value.own, inner) : {});
}

/** A value with what is to be wrapped in base64. */
function encoded(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(encoded);
	if (!isObject(value)) return value;
	if (Object.keys(value).join() !== "wrapped") return mapped(value, encoded);
	const inner = JSON.stringify(encoded(value.wrapped), undefined, 1);
	return { wrapper: { query: Buffer.from(inner).toString("base64") } };
}

/** A value with what is wrapped in it, and holds a query of the sidecar's, in its place; other wrappers as they are sent. */
function opened(value: JsonObject): JsonObject {
	const open = (one: unknown): unknown => {
		if (Array.isArray(one)) return one.map(open);
		if (!isObject(one)) return one;
		if (Object.keys(one).join() !== "wrapped") return mapped(one, open);
		const holdsOwn = JSON.stringify(one).includes('{"knn":{"v":{"vector":["');
		return holdsOwn ? open(one.wrapped) : encoded(one);
	};
	return mapped(value, open);
}

function mapped(
	object: JsonObject,
	change: (value: unknown) => unknown,
): JsonObject {
	return Object.fromEntries(
		Object.entries(object).map(([name, value]) => [name, change(value)]),
	);
}

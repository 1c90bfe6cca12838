import { describe, expect, it } from "vitest";
import { SidecarError } from "../../sidecar/errors.ts";
import { rankFeatureQuery } from "../../sidecar/search/queries/rank-features.ts";
import { tokenRenderers } from "../../sidecar/search/queries/sparse-query.ts";
import {
	secondPhase,
	split,
	twoPhaseSearch,
} from "../../sidecar/search/queries/two-phase.ts";
import { changesOf, SearchBody } from "../../sidecar/search/search-body.ts";

function parse(body: object): SearchBody {
	const search = SearchBody.parse(Buffer.from(JSON.stringify(body)));
	if (!search) throw new Error("no search");
	return search;
}

/** What is said of a query: type and reason. */
function refusal(query: object): [string, string] {
	try {
		parse({ query });
	} catch (error) {
		if (error instanceof SidecarError) return [error.type, error.message];
		throw error;
	}
	throw new Error("it was taken");
}

const parsing = "parsing_exception";
const illegal = "illegal_argument_exception";

/** As neural-search 3.6 answered them. */
describe("a query that is written wrong is refused in neural-search's words", () => {
	it.each<[object, string, string]>([
		[{ k: 2.5 }, illegal, "Value [2.5] has a decimal part"],
		[
			{ k: 1e12 },
			illegal,
			"Value [1000000000000] is out of range for an integer",
		],
		[{ k: "x" }, "number_format_exception", 'For input string: "x"'],
		[{ k: null }, parsing, "[neural] unknown token [VALUE_NULL] after [k]"],
		[{ k: [3] }, parsing, "[neural] unknown token [START_ARRAY] after [k]"],
		[{ k: {} }, parsing, "[neural] query does not support [k]"],
		[{ rescore: true }, parsing, "[neural] query does not support [rescore]"],
		[{ filter: "x" }, parsing, "[neural] query does not support [filter]"],
		[{ foo: 1 }, parsing, "[neural] query does not support [foo]"],
	])("neural with %j", (options, type, reason) => {
		const query = {
			neural: { v: { query_text: "a", model_id: "m", ...options } },
		};
		expect(refusal(query)).toEqual([type, reason]);
	});

	it.each<[unknown, string, string]>([
		["x", illegal, missing("neural_sparse")],
		[{}, illegal, missing("neural_sparse")],
		[{ query_text: "" }, illegal, "query_text field can not be empty"],
		[
			{ query_tokens: { a: 1 }, model_id: "" },
			illegal,
			"model_id field can not be empty",
		],
		[
			{ query_text: "a", foo: 1 },
			parsing,
			"[neural_sparse] query does not support [foo] field",
		],
		[
			{ query_text: {} },
			parsing,
			"[neural_sparse] unknown token [START_OBJECT] after [query_text]",
		],
		[
			{ query_tokens: [1] },
			parsing,
			"[neural_sparse] query does not support [query_tokens] field",
		],
		[
			{ query_tokens: { a: 1 }, method_parameters: { n: 1 } },
			parsing,
			"[neural_sparse] unknown field [n]",
		],
		[
			{ query_tokens: { a: "x" } },
			"number_format_exception",
			'For input string: "x"',
		],
	])("neural_sparse with %j", (options, type, reason) => {
		expect(refusal({ neural_sparse: { f: options } })).toEqual([type, reason]);
	});

	it("for several fields", () => {
		const one = { query_tokens: {} };
		expect(refusal({ neural_sparse: { a: one, b: one } })).toEqual([
			parsing,
			"[neural_sparse] query doesn't support multiple fields, found [a] and [b]",
		]);
	});
});

function missing(name: string): string {
	return `either query_text field or query_tokens field must be provided for [${name}] query`;
}

describe("a query for tokens", () => {
	const render = (weights: Record<string, number>): unknown =>
		JSON.parse(rankFeatureQuery("f", weights));

	it("is one clause for each of them, whatever it is called", () => {
		expect(render({ cat: 2, 'a "b"': 0.5, __proto: 1 })).toEqual({
			bool: {
				should: [
					{ rank_feature: { field: "f.cat", linear: {}, boost: 2 } },
					{ rank_feature: { field: "f.__proto", linear: {}, boost: 1 } },
					{ rank_feature: { field: 'f.a "b"', linear: {}, boost: 0.5 } },
				],
			},
		});
	});

	it("finds nothing where there are none, as an empty bool would not", () => {
		expect(render({})).toEqual({ match_none: {} });
	});

	it.each([
		[0, "0.0"],
		[-1, "-1.0"],
		[64.5, "64.5"],
		[1e39, "Infinity"],
	])("refuses the weight %d, as Lucene does", (weight, shown) => {
		expect(() => render({ a: 1, b: weight })).toThrow(
			expect.objectContaining({
				status: 400,
				causedBy: expect.objectContaining({
					reason: `failed to create query: weight must be in (0, 64.0], got: ${shown}`,
				}),
			}),
		);
	});

	it("stays within OpenSearch's clauses, the heaviest tokens first", () => {
		const weights = Object.fromEntries(
			Array.from({ length: 1_500 }, (_, place) => [
				`t${place}`,
				(place + 1) / 100,
			]),
		);
		const text = rankFeatureQuery("f", weights);
		expect(text.match(/"rank_feature"/g)).toHaveLength(1_000);
		expect(text).toContain('"f.t1499"');
		expect(text).not.toContain('"f.t499"');
		expect(text).toContain('"t499"');
	});

	it("keeps its boost and its name, and stands where it stood", () => {
		const search = parse({
			size: 3,
			query: {
				bool: {
					should: [
						{
							neural_sparse: {
								f: { query_tokens: { a: 1 }, boost: 2, _name: 5 },
							},
						},
						{ match: { neural_sparse: "x" } },
					],
				},
			},
		});
		const rendered = search.textQueries.map((query) => ({
			renderers: tokenRenderers(query, query.tokens ?? {}),
		}));
		expect(JSON.parse(search.render(changesOf(rendered)))).toEqual({
			size: 3,
			query: {
				bool: {
					should: [
						{
							bool: {
								should: [
									{ rank_feature: { field: "f.a", linear: {}, boost: 1 } },
								],
								boost: 2,
								_name: "5",
							},
						},
						{ match: { neural_sparse: "x" } },
					],
				},
			},
		});
	});
});

describe("two phases", () => {
	const sparse = (tokens: object, options: object = {}) => ({
		neural_sparse: { f: { query_tokens: tokens, ...options } },
	});
	const options = {
		prune: { type: "max_ratio", ratio: 0.4 },
		expansionRate: 5,
		maxWindowSize: 10_000,
		size: undefined,
	} as const;

	function rewrite(body: object, size?: number): unknown {
		const search = parse(body);
		const phases = twoPhaseSearch(
			{ query: search.member("query"), rescore: search.member("rescore") },
			{ ...options, size },
		);
		const rendered = search.textQueries.map((query) => {
			const tokens = query.tokens ?? {};
			if (!phases?.boosts.has(query.clause.node))
				return { renderers: tokenRenderers(query, tokens) };
			const { heavy, light } = split(tokens, phases.prune);
			const second = secondPhase(query, light, phases);
			return {
				renderers: tokenRenderers(query, heavy),
				...(second && { secondPhase: second }),
			};
		});
		return JSON.parse(search.render(changesOf(rendered)));
	}

	const feature = (token: string, boost: number) => ({
		rank_feature: { field: `f.${token}`, linear: {}, boost },
	});

	it("look for the heavy tokens, then for the light ones among what was found", () => {
		expect(rewrite({ query: sparse({ a: 2, b: 0.8, c: 0.7 }) })).toEqual({
			query: { bool: { should: [feature("a", 2), feature("b", 0.8)] } },
			rescore: [
				{
					window_size: 50,
					query: {
						rescore_query: {
							bool: {
								should: [{ bool: { should: [feature("c", 0.7)], boost: 1 } }],
								boost: 1,
							},
						},
					},
				},
			],
		});
	});

	it("count as often as the queries around, and as the client's own rescore leaves of the score", () => {
		const body = {
			query: {
				bool: { boost: 3, should: [sparse({ a: 2, c: 0.1 }, { boost: 2 })] },
			},
			rescore: {
				query: { rescore_query: { match_all: {} }, query_weight: 0.5 },
			},
		};
		expect(rewrite(body, 2)).toMatchObject({
			rescore: [
				body.rescore,
				{
					window_size: 10,
					query: {
						rescore_query: {
							bool: {
								should: [{ bool: { should: [feature("c", 0.1)], boost: 6 } }],
								boost: 0.5,
							},
						},
					},
				},
			],
		});
	});

	it("leave alone what is not in a should", () => {
		const query = { bool: { must: [sparse({ a: 2, c: 0.1 })] } };
		expect(rewrite({ query })).toEqual({
			query: {
				bool: {
					must: [{ bool: { should: [feature("a", 2), feature("c", 0.1)] } }],
				},
			},
		});
	});

	it("refuse too large a window", () => {
		expect(() => rewrite({ query: sparse({ a: 1 }) }, 3_000)).toThrow(
			"should be [0,10000], but get the value of 15000",
		);
	});
});

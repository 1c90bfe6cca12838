import { describe, expect, it } from "vitest";
import {
	rerankText,
	withoutRerank,
} from "../../sidecar/search/answers/rerank-context.ts";
import { SearchAnswer } from "../../sidecar/search/answers/search-answer.ts";
import { SearchBody } from "../../sidecar/search/search-body.ts";
import { documentText } from "../../sidecar/services/search/answer-steps/document-text.ts";
import { rerankByField } from "../../sidecar/services/search/answer-steps/rerank-by-field.ts";

function answerOf(...hits: readonly string[]): SearchAnswer {
	const answer = SearchAnswer.parse(
		`{"hits":{"max_score":1.0,"hits":[${hits.join(",")}]}}`,
	);
	if (!answer) throw new Error("no answer with hits");
	return answer;
}

function bodyOf(body: object): SearchBody {
	const read = SearchBody.parse(Buffer.from(JSON.stringify(body)));
	if (!read) throw new Error("no body");
	return read;
}

/* What is expected is what neural-search 3.6 does with the same documents and searches. */

describe("the text that a document is reranked by", () => {
	const source =
		'{"t":"red wine","k":["a","b"],"num":1.5,"whole":3,"o":{"a":"one","s":3},"b":true,"li":[1,2.5],"ob":[{"q":1},{"q":"zwei"}],' +
		'"z":null,"p.q":"dotted","big":12345678901234567890,"e":1e10,"e2":1.0,"e3":1e-5,"e4":20000000.0,"e6":123456789.125,' +
		'"ll":[["a"],["b","c"]],"lo":[{"t":["a","b"]},{"t":"c"}],"em":"","el":[],"nl":["a",null],"deep":{"a":{"b":"c"}}}';

	it.each([
		[["t"], "red wine"],
		[["t", "k"], "red wine[a, b]"],
		[["li"], "1 2.5"],
		[["num", "whole"], "1.53"],
		[["o"], "{a=one, s=3}"],
		[["o.a"], "one"],
		[["b"], "true"],
		[["ob"], "{q=1} {q=zwei}"],
		[["ob.q"], "1 zwei"],
		[["z", "p.q", "missing", "t.x"], ""],
		[["big"], "12345678901234567890"],
		[["e"], "1.0E10"],
		[["e2"], "1.0"],
		[["e3"], "1.0E-5"],
		[["e4"], "2.0E7"],
		[["e6"], "1.23456789125E8"],
		[["ll"], "[a] [b, c]"],
		[["lo"], "{t=[a, b]} {t=c}"],
		[["lo.t"], "[a, b] c"],
		[["em", "el"], ""],
		[["nl"], "[a, null]"],
		[["deep.a.b"], "c"],
		[["t."], "red wine"],
		[[".t"], ""],
	])("%j is %j", (fields, text) => {
		const [hit] = answerOf(`{"_id":"1","_source":${source}}`).hits;
		expect(hit && documentText(hit, fields)).toBe(text);
	});

	it("is the first value of what was asked for as fields, before the source", () => {
		const [hit] = answerOf(
			'{"_id":"1","_source":{"k":"x"},"fields":{"k":["a","b"],"n":[1.0]}}',
		).hits;
		expect(hit && documentText(hit, ["k", "n"])).toBe("a1.0");
	});
});

describe("the text that hits are reranked for", () => {
	const query = { query: { match: { t: "cats" } } };
	const rerank = (query_context: unknown, others: object = query) =>
		bodyOf({ ...others, ext: { rerank: { query_context } } });

	it.each([
		[{ match: { t: "cats" } }, "query.match.t.query"],
		[{ match: { t: { query: "cats" } } }, "query.match.t.query"],
		[{ term: { k: "cats" } }, "query.term.k.value"],
		[
			{ bool: { must: { match: { t: "cats" } } } },
			"query.bool.must.0.match.t.query",
		],
		[
			{ bool: { must: [{ match: { t: "cats" } }] } },
			"query.bool.must.0.match.t.query",
		],
		[{ neural: { v: { query_text: "cats" } } }, "query.neural.v.query_text"],
	])("is found in %j at %s", (query, query_text_path) => {
		expect(rerankText(rerank({ query_text_path }, { query }))).toBe("cats");
	});

	it("is what the search says, be it empty", () => {
		expect(rerankText(rerank({ query_text: "dogs" }))).toBe("dogs");
		expect(rerankText(rerank({ query_text: "" }))).toBe("");
	});

	it.each([
		[bodyOf(query), "must specify query_context"],
		[bodyOf({ ext: { rerank: 5 } }), "must specify query_context"],
		[bodyOf({ ext: { rerank: {} } }), "must specify query_context"],
		[rerank(5), "query_context must be a map"],
		[rerank({}), 'Must specify either "query_text" or "query_text_path"'],
		[
			rerank({ query_text: "a", query_text_path: "b" }),
			'Cannot specify both "query_text" and "query_text_path"',
		],
		[
			rerank({ query_text_path: "query.match" }),
			"query_text_path must point to a string field",
		],
		[
			rerank({ query_text_path: "nothing.there" }),
			"query_text_path must point to a string field",
		],
		[
			rerank({ query_text_path: "x".repeat(1001) }),
			"query_text_path exceeded the maximum path length of 1000 characters",
		],
		[rerank({ query_text: null }), "query_text must be a string"],
		[rerank({ query_text_path: 5 }), "query_text_path must be a string"],
	])("is refused in %j", (body, reason) => {
		expect(() => rerankText(body)).toThrow(reason);
	});

	it("does not reach a cluster that refuses what it does not know", () => {
		const rendered = (body: SearchBody) => {
			const changes = withoutRerank(body);
			return changes && JSON.parse(body.render(changes));
		};
		expect(rendered(rerank({ query_text: "a" }))).toEqual(query);
		const both = bodyOf({ ...query, ext: { other: { x: 1 }, rerank: {} } });
		expect(rendered(both)).toEqual({ ...query, ext: { other: { x: 1 } } });
		expect(rendered(bodyOf({ ...query, ext: { other: {} } }))).toBeUndefined();
	});
});

describe("reranking by a field", () => {
	const by = {
		type: "by_field",
		targetField: "s",
		removeTargetField: false,
		keepPreviousScore: false,
	} as const;
	const hit = (id: number, source: string) =>
		`{"_id":"${id}","_score":1.0,"_source":${source}}`;

	it("orders hits by their numbers as 32-bit floats and says the best as the highest score", () => {
		const answer = answerOf(
			hit(0, '{"s":3}'),
			hit(1, '{"s":16777217}'),
			hit(2, '{"s":"7.25"}'),
			hit(3, '{"s":-3}'),
		);
		rerankByField(answer, by);
		expect(answer.hits.map(({ id, score }) => [id, score])).toEqual([
			["1", 16777216],
			["2", 7.25],
			["0", 3],
			["3", -3],
		]);
		expect(JSON.parse(answer.render()).hits.max_score).toBe(16777216);
	});

	it("takes the field and what is empty without it out, and keeps the score that was", () => {
		const answer = answerOf(
			hit(0, '{"q":{"w":{"s":1}},"n":9007199254740993}'),
			hit(1, '{"q":{"w":{"s":2},"r":1},"previous_score":"mine"}'),
			'{"_id":"2","_score":null,"_source":{"q":{"w":{"s":0}}}}',
		);
		rerankByField(answer, {
			...by,
			targetField: "q.w.s",
			removeTargetField: true,
			keepPreviousScore: true,
		});
		expect(answer.hits.map((one) => one.raw("_source"))).toEqual([
			'{"q":{"r":1},"previous_score":1.0}',
			'{"n":9007199254740993,"previous_score":1.0}',
			'{"previous_score":"NaN"}',
		]);
	});

	it.each([
		["{}", "s", "The field to rerank by is not found at hit [1]"],
		['{"s":null}', "s", "The field to rerank by is not found at hit [1]"],
		[
			'{"s":[4]}',
			"s",
			"The field mapping to rerank by [[4]] is not Numerical, instead of type [ArrayList]",
		],
		[
			'{"s":{"w":{"e":1}}}',
			"s",
			"The field mapping to rerank by [{w={e=1}}] is not Numerical, instead of type [HashMap]",
		],
		[
			'{"s":"x"}',
			"s",
			"The field mapping to rerank by [x] is not Numerical, instead of type [String]",
		],
		[
			'{"s":true}',
			"s",
			"The field mapping to rerank by [true] is not Numerical, instead of type [Boolean]",
		],
	])(
		"refuses %s and leaves the answer as it was",
		(source, targetField, reason) => {
			const answer = answerOf(hit(0, '{"s":1}'), hit(1, source));
			const before = answer.render();
			expect(() => rerankByField(answer, { ...by, targetField })).toThrow(
				reason,
			);
			expect(answer.render()).toBe(before);
		},
	);

	it("refuses hits that show no source, and has nothing to do without hits", () => {
		expect(() => rerankByField(answerOf('{"_id":"0"}'), by)).toThrow(
			"There is no source field to be able to perform rerank on hit [0]",
		);
		const empty = answerOf();
		rerankByField(empty, by);
		expect(empty.hits).toEqual([]);
	});
});

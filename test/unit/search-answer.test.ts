import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	explainHits,
	hitKey,
} from "../../sidecar/search/answers/hybrid-explanation.ts";
import { SearchAnswer } from "../../sidecar/search/answers/search-answer.ts";

const text =
	'{"took":3,"timed_out":false,"hits":{"total":{"value":2,"relation":"eq"},"max_score":1.0,"hits":[' +
	'{"_index":"i","_id":"a","_score":1.0,"_source":{"n":9007199254740993,"d":1.10,"é":"\\u00e9"}},' +
	'{"_index":"i","_id":"b","_score":0.5,"_source":{"n":-0.0}}]},"aggregations":{"x":{"value":12345678901234567890}}}';

function parsed(json: string): SearchAnswer {
	const answer = SearchAnswer.parse(json);
	if (!answer) throw new Error("no answer with hits");
	return answer;
}

describe("a search's answer", () => {
	it("stays to the byte where nothing is changed", () => {
		const spaced = ` ${text.replaceAll(":", " : ")}\n`;
		const answer = parsed(spaced);
		expect(answer.hits.map(({ id }) => id)).toEqual(["a", "b"]);
		expect(answer.render()).toBe(spaced);
	});

	it("keeps every number's digits where hits change their places and scores", () => {
		const answer = parsed(text);
		const [first, second] = answer.hits;
		if (!first || !second) throw new Error("hits are missing");
		second.score = Math.fround(1.6861426);
		answer.hits = [second, first];
		answer.maxScore = second.score;
		expect(answer.render()).toBe(
			'{"took":3,"timed_out":false,"hits":{"total":{"value":2,"relation":"eq"},"max_score":1.6861426,"hits":[' +
				'{"_index":"i","_id":"b","_score":1.6861426,"_source":{"n":-0.0}},' +
				'{"_index":"i","_id":"a","_score":1.0,"_source":{"n":9007199254740993,"d":1.10,"é":"\\u00e9"}}' +
				']},"aggregations":{"x":{"value":12345678901234567890}}}',
		);
	});

	it.each([
		'{"error":{"type":"x"},"status":400}',
		'{"hits":{"total":3}}',
		'{"count":3}',
		"- hits:",
		"",
	])("is none where there are no hits: %s", (other) => {
		expect(SearchAnswer.parse(other)).toBeUndefined();
	});

	it("loses nothing of documents of any shape when their hits are put in another order", () => {
		const source = fc.dictionary(fc.string(), fc.jsonValue());
		fc.assert(
			fc.property(fc.array(source), fc.jsonValue(), (sources, aggregation) => {
				const hits = sources.map((_source, index) => ({
					_id: String(index),
					_score: null,
					_source,
				}));
				const whole = { hits: { hits }, aggregations: { aggregation } };
				const answer = parsed(JSON.stringify(whole));
				answer.hits = answer.hits.toReversed();
				expect(answer.render()).toBe(
					JSON.stringify({ ...whole, hits: { hits: hits.toReversed() } }),
				);
			}),
		);
	});
});

describe("a hybrid query's explanation", () => {
	it("stands with the hit that it is of, around what OpenSearch says of each sub-query", () => {
		const answer = parsed(text);
		const own = '{"value":0.5,"description":"within top 2 docs","details":[]}';
		explainHits(
			answer,
			new Map([
				[
					hitKey({ index: "i", id: "b" }),
					{
						description: "arithmetic_mean combination of:",
						details: [
							{
								normalized: {
									value: Math.fround(0.001),
									description: "min_max normalization of:",
								},
								explanation: own,
							},
						],
					},
				],
			]),
		);
		const explained = answer.hits.map((hit) => hit.raw("_explanation"));
		expect(explained).toEqual([
			undefined,
			`{"value":0.5,"description":"arithmetic_mean combination of:","details":[{"value":0.001,"description":"min_max normalization of:","details":[${own}]}]}`,
		]);
	});
});

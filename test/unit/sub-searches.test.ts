import { describe, expect, it } from "vitest";
import { RefusedCall, SidecarError } from "../../sidecar/errors.ts";
import { defaultCombination } from "../../sidecar/search/hybrid/combination.ts";
import {
	readSubAnswer,
	readSubAnswers,
} from "../../sidecar/search/hybrid/sub-answer.ts";
import { HybridService } from "../../sidecar/services/search/hybrid-service.ts";
import { SearchedShards } from "../../sidecar/services/search/searched-shards.ts";
import { refusalOf } from "../../sidecar/services/search/sub-searches.ts";
import type { ClientCall } from "../../sidecar/services/writes/client-call.ts";

const page = "<html>unavailable</html>";

/** An OpenSearch, or what stands before it, that gives one answer to each kind of call. */
function answering(answers: {
	shards?: { status: number; body: string };
	searches?: { status: number; body: string };
}): ClientCall {
	const { shards = { status: 403, body: "{}" }, searches = shards } = answers;
	return async ({ url }) =>
		url.includes("_search_shards") ? shards : searches;
}

function plan(call: ClientCall) {
	const service = new HybridService({
		shards: new SearchedShards({ ttlMs: 1_000, now: () => 0 }),
	});
	return service.finalBody({
		body: JSON.stringify({
			// A search alone is no `_msearch`.
			query: { hybrid: { queries: [{ match_all: {} }, { match_all: {} }] } },
		}),
		target: "books",
		parameters: new Map(),
		combination: defaultCombination,
		explained: false,
		sampleFactor: 1,
		takesAnswer: false,
		call,
	});
}

const answer = (hits: readonly unknown[], rest: object = {}) => ({
	took: 1,
	timed_out: false,
	_shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
	hits: { total: { value: hits.length, relation: "eq" }, hits },
	...rest,
});

describe("what is not OpenSearch's answer is an error of its own, and no answer without hits", () => {
	it.each([
		["the shards", { shards: { status: 200, body: page } }],
		["the sub-queries", { searches: { status: 200, body: page } }],
		[
			"fewer answers than searches",
			{ searches: { status: 200, body: '{"responses":[]}' } },
		],
		[
			"half an answer",
			{ searches: { status: 200, body: '{"responses":[{"hits":' } },
		],
	])("%s", async (_, answers) => {
		await expect(plan(answering(answers))).rejects.toMatchObject({
			code: "upstream_broken",
		});
	});

	it("of a search that is sent alone", () => {
		expect(() => readSubAnswer({ status: 200, body: page })).toThrow(
			SidecarError,
		);
	});
});

describe("a refusal that is no JSON keeps its status, and does not get into the client's answer", () => {
	it.each([
		[429, "too_many_requests"],
		[500, "upstream_broken"],
		[502, "upstream_broken"],
		[503, "upstream_unavailable"],
		[504, "upstream_timeout"],
	])("%i", async (status, code) => {
		const refused = plan(answering({ searches: { status, body: page } }));
		await expect(refused).rejects.toMatchObject({ code });
		await expect(refused).rejects.not.toHaveProperty("message", page);
	});

	it("while OpenSearch's own goes on as it is", () => {
		const body = '{"error":{"type":"a","reason":"b"},"status":400}';
		const refusal = refusalOf({ status: 400, body });
		expect(refusal).toBeInstanceOf(RefusedCall);
		expect(refusal).toHaveProperty("answer.body", body);
	});
});

it("a sub-query that had no time to look at everything is told of", async () => {
	const responses = (rest: object) => ({
		status: 200,
		body: JSON.stringify({ responses: [answer([]), answer([], rest)] }),
	});
	const late = plan(answering({ searches: responses({ timed_out: true }) }));
	expect(await late).toHaveProperty("timedOut", true);
	expect(await plan(answering({ searches: responses({}) }))).toHaveProperty(
		"timedOut",
		false,
	);
});

it("values that differ in the last digit are groups of their own", () => {
	const hit = (id: number, value: string) =>
		`{"_index":"a","_id":"${id}","_score":1.0,"fields":{"big":[${value}]},"sort":[1.0,${id}]}`;
	const hits = [
		hit(0, "9007199254740992"),
		hit(1, "9007199254740993"),
		hit(2, "9007199254740992"),
	];
	const one = JSON.stringify(answer([])).replace(
		'"hits":[]',
		`"hits":[${hits.join(",")}]`,
	);
	const [together] = readSubAnswers(`{"took":1,"responses":[${one}]}`, 1);
	const alone = readSubAnswer({ status: 200, body: one });
	for (const found of [together, alone]) {
		if (!found || "status" in found) throw new Error("refused");
		const [first, second, third] = found.hits.map(({ group }) => group);
		expect(first).toBe(third);
		expect(first).not.toBe(second);
	}
});

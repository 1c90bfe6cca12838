import { expect, it } from "vitest";
import { RankEvaluation } from "../../sidecar/search/rank-evaluation.ts";

/** Without the module that carries it out: this is what its documentation says of its requests. */
const text = `{ "requests": [
	{"id":"a", "request":{"query":{"neural":{"v":{"query_text":"x"}}}}, "ratings":[{"_index":"i","_id":"1","rating":1}]},
	{"id":"b", "template_id":"t", "params":{"q":"y"}, "ratings":[]},
	{"id":"c", "request":{"query":{"match_all":{}}}, "ratings":[]}],
	"templates":[{"id":"t","template":{"lang":"mustache","source":"{\\"query\\":{\\"neural\\":{\\"v\\":{\\"query_text\\":\\"{{q}}\\"}}}}"}}],
	"metric":{"precision":{"k":1.0}} }`;

function read(body: string): RankEvaluation {
	const evaluation = RankEvaluation.read(Buffer.from(body));
	if (!evaluation) throw new Error("not read");
	return evaluation;
}

it("its searches are found, and those that its templates make", () => {
	const searches = read(text).searches.map((one) =>
		"search" in one ? one.search : one.template?.text,
	);
	expect(searches).toEqual([
		'{"query":{"neural":{"v":{"query_text":"x"}}}}',
		'{"source":"{\\"query\\":{\\"neural\\":{\\"v\\":{\\"query_text\\":\\"{{q}}\\"}}}}","params":{"q":"y"}}',
		'{"query":{"match_all":{}}}',
	]);
});

it("other searches take their places, and all else stays to the byte", () => {
	const rewritten = read(text).render(
		new Map([
			[0, '{"n":0}'],
			[1, '{"n":1}'],
		]),
	);
	expect(rewritten).toBe(
		text
			.replace('{"query":{"neural":{"v":{"query_text":"x"}}}}', '{"n":0}')
			.replace(
				'{"id":"b", "template_id":"t", "params":{"q":"y"}, "ratings":[]}',
				'{"id":"b", "ratings":[],"request":{"n":1}}',
			),
	);
});

it("what is no object is OpenSearch's to refuse", () => {
	expect(RankEvaluation.read(Buffer.from("[1]"))).toBeUndefined();
	expect(read("{}").searches).toEqual([]);
});

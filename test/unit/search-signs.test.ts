import { describe, expect, it } from "vitest";
import {
	mayConcern,
	mayMakeConcerning,
} from "../../sidecar/search/search-signs.ts";

const quoted = (text: string) => JSON.stringify({ source: text });

describe("a search that may be the sidecar's is seen before it is parsed", () => {
	it.each([
		'{"query":{"neural":{}}}',
		'{"query":{"neural_sparse" : {}}}',
		'{"query":{"hybrid"\n\t:{}}}',
		'{"query":{"hybrid"/* of two */:{}}}',
		'{"query":{"n\\u0065ural":{}}}',
		'{"query":{"neural\\u005Fsparse":{}}}',
		'{"query":{"wrapper":{"query":"e30="}}}',
		'{"ext":{"rerank":{}}}',
		'{"search_pipeline":{}}',
		'{"highlight":{"fields":{"t":{"type" : "semantic"}}}}',
		// What is behind it was not read.
		'{"query":{"neural"',
		'{"query":{"neural" ',
		quoted('{"query":{"neural":{}}}'),
		quoted('{\n"query": {\n"hybrid"\n: {}}}'),
		quoted(quoted('{"query":{"neural_sparse":{}}}')),
	])("%s", (text) => {
		expect(mayConcern(Buffer.from(text))).toBe(true);
		expect(mayMakeConcerning(Buffer.from(text))).toBe(true);
	});

	it("in UTF-16, too", () => {
		const text = '{"query":{"neural":{}}}';
		expect(mayConcern(Buffer.from(text, "utf16le"))).toBe(true);
	});
});

describe("a large search goes on unread where only its texts look like the sidecar's", () => {
	it.each([
		'{"query":{"match":{"text":"semantic"}}}',
		'{"query":{"match":{"text":"hybrid"}}}',
		'{"query":{"terms":{"t":["neural","neural_sparse","wrapper"]}}}',
		'{"query":{"match":{"text":"a \\"hybrid\\" engine"}}}',
		'{"query":{"match":{"text":"caf\\u00e9"}}}',
		'{"highlight":{"pre_tags":["\\u003cem\\u003e"],"type":"unified"}}',
		'{"query":{"match":{"a.neural":"neural networks"}}}',
		'{"query":{"match":{"t":"\\u4e2d\\u6587"}}}',
	])("%s", (text) => {
		expect(mayConcern(Buffer.from(text))).toBe(false);
	});
});

it("a template may put the name of a query together", () => {
	const text =
		'{"source":{"query":{"{{kind}}":{}}},"params":{"kind":"neural"}}';
	expect(mayMakeConcerning(Buffer.from(text))).toBe(true);
});

it.each([
	['"type":'.repeat(1_000_000)],
	['"type"/'.repeat(1_000_000)],
	['"neural" x'.repeat(1_000_000)],
	[`"neural"${" ".repeat(10_000_000)}x`],
	[`"neural${"\\\\".repeat(5_000_000)}x`],
	[`"neural"${"\\\\".repeat(5_000_000)}x`],
])(
	"a long search is looked through once, whatever it is made of (case %#)",
	(text) => {
		expect(mayConcern(Buffer.from(text))).toBe(false);
	},
);

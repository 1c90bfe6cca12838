import { describe, expect, it } from "vitest";
import {
	renameField,
	sortValues,
	splitField,
} from "../../sidecar/search/answers/field-processors.ts";
import {
	collapseHits,
	truncateHits,
} from "../../sidecar/search/answers/hit-processors.ts";
import { SearchAnswer } from "../../sidecar/search/answers/search-answer.ts";
import { splitText } from "../../sidecar/search/answers/split-pattern.ts";

const rules = { tag: undefined, ignoreFailure: false };

function answerOf(...hits: readonly object[]): SearchAnswer {
	const shown = hits.map((hit, index) => ({ _id: String(index), ...hit }));
	const answer = SearchAnswer.parse(JSON.stringify({ hits: { hits: shown } }));
	if (!answer) throw new Error("no answer with hits");
	return answer;
}

function shown(answer: SearchAnswer): unknown {
	return JSON.parse(answer.render()).hits.hits;
}

/* What is expected is what OpenSearch 3.6 answers to the same processors over the same documents. */

describe("rename_field behind a processor of the sidecar's", () => {
	const rename = {
		kind: "rename_field",
		field: "g",
		targetField: "h",
	} as const;

	it("renames what hits show, in their source and among their fields", () => {
		const answer = answerOf(
			{ _source: { g: "A", k: 1 }, fields: { g: ["A"], t: ["x"] } },
			{ _source: { k: 2 } },
		);
		renameField(answer, { ...rename, ...rules, ignoreMissing: false });
		expect(shown(answer)).toEqual([
			{ _id: "0", _source: { k: 1, h: "A" }, fields: { t: ["x"], h: ["A"] } },
			{ _id: "1", _source: { k: 2 } },
		]);
	});

	it("writes over what has the name already", () => {
		const answer = answerOf({ _source: { g: "A", h: "old" } });
		renameField(answer, { ...rename, ...rules, ignoreMissing: false });
		expect(shown(answer)).toEqual([{ _id: "0", _source: { h: "A" } }]);
	});

	it("refuses a field that no hit before had, unless it may be missing", () => {
		const missing = () =>
			answerOf({ _source: { k: 1 } }, { _source: { g: 2 } });
		expect(() =>
			renameField(missing(), { ...rename, ...rules, ignoreMissing: false }),
		).toThrow("Document with id 0 is missing field g");
		const answer = missing();
		renameField(answer, { ...rename, ...rules, ignoreMissing: true });
		expect(shown(answer)).toEqual([
			{ _id: "0", _source: { k: 1 } },
			{ _id: "1", _source: { h: 2 } },
		]);
	});
});

describe("sort behind a processor of the sidecar's", () => {
	const sort = {
		kind: "sort",
		field: "k",
		targetField: "kk",
		...rules,
	} as const;

	it.each([
		["asc", ["é", "z", "Z"], ["Z", "z", "é"]],
		["desc", ["é", "z", "Z"], ["é", "z", "Z"]],
		["asc", [10, 9, 1.5], [1.5, 9, 10]],
	] as const)("%s orders the values of a list", (order, values, expected) => {
		const answer = answerOf({ _source: { k: values }, fields: { k: values } });
		sortValues(answer, { ...sort, order });
		const both = { k: values, kk: expected };
		expect(shown(answer)).toEqual([{ _id: "0", _source: both, fields: both }]);
	});

	it("leaves a value that is no list alone and refuses lists without an order", () => {
		const single = answerOf({ _source: { k: "x" } });
		sortValues(single, { ...sort, order: "asc" });
		expect(shown(single)).toEqual([{ _id: "0", _source: { k: "x" } }]);
		for (const [values, reason] of [
			[[1, null], "contains a null value"],
			[[1, "a"], "not comparable"],
			[[{}, {}], "not comparable"],
		] as const)
			expect(() =>
				sortValues(answerOf({ _source: { k: values } }), {
					...sort,
					order: "asc",
				}),
			).toThrow(reason);
	});
});

describe("split behind a processor of the sidecar's", () => {
	it.each([
		["x,y,,", ",", false, ["x", "y"]],
		["x,y,,", ",", true, ["x", "y", "", ""]],
		["", ",", false, [""]],
		["q", "[,q]", false, []],
		["q", "", false, ["q"]],
		["ab", "", false, ["a", "b"]],
		["a1b22c", "\\d+", false, ["a", "b", "c"]],
		["a|b;c", "\\||;", false, ["a", "b", "c"]],
		["no separator", ",", false, ["no separator"]],
	] as const)(
		"%j by %j (trailing: %s) is %j",
		(text, separator, trailing, parts) => {
			expect(splitText(text, separator, trailing)).toEqual(parts);
		},
	);

	it.each(["(a+)+", "\\s*,\\s*", "[", "a{2}", "(?:a|a)*", "\\p{L}", "(?=x)"])(
		"refuses %j, which may take long or means something else here",
		(separator) => {
			expect(() => splitText("text", separator, false)).toThrow("[separator]");
		},
	);

	it("refuses a field whose value is no text and leaves such a source alone", () => {
		const split = {
			kind: "split",
			field: "s",
			targetField: "s",
			separator: ",",
			preserveTrailing: false,
			...rules,
		} as const;
		const answer = answerOf({ _source: { s: 5 } }, { _source: { s: "a,b" } });
		splitField(answer, split);
		expect(shown(answer)).toEqual([
			{ _id: "0", _source: { s: 5 } },
			{ _id: "1", _source: { s: ["a", "b"] } },
		]);
		expect(() => splitField(answerOf({ fields: { s: [5] } }), split)).toThrow(
			"field [s] is not a string, cannot split",
		);
	});
});

describe("truncate_hits behind a processor of the sidecar's", () => {
	const hits = [{ _score: 3 }, { _score: 2 }, { _score: 1 }];
	const truncate = {
		kind: "truncate_hits",
		contextPrefix: undefined,
		...rules,
	} as const;

	it("cuts at its own size, or at that from before an oversample", () => {
		const own = answerOf(...hits);
		truncateHits(own, { ...truncate, targetSize: 2 }, 1);
		expect(own.hits).toHaveLength(2);
		const original = answerOf(...hits);
		truncateHits(original, { ...truncate, targetSize: undefined }, 1);
		expect(original.hits).toHaveLength(1);
	});

	it("says what is missing where neither is known", () => {
		const unknown = { ...truncate, targetSize: undefined, contextPrefix: "x" };
		expect(() => truncateHits(answerOf(...hits), unknown, undefined)).toThrow(
			"Must specify target_size unless an earlier processor set x.original_size",
		);
	});
});

describe("collapse behind a processor of the sidecar's", () => {
	const collapse = { kind: "collapse", field: "g", ...rules } as const;

	it("keeps the best hit of each value, the best first", () => {
		const answer = answerOf(
			{ _score: 1, _source: { g: "A" } },
			{ _score: 3, _source: { g: "A" } },
			{ _score: 2, fields: { g: ["B"] } },
			{ _score: 0.5, _source: {} },
			{ _score: 0.25, _source: { g: null } },
		);
		collapseHits(answer, collapse);
		expect(answer.hits.map(({ id }) => id)).toEqual(["1", "2", "3"]);
	});

	it("refuses a hit with several values", () => {
		expect(() =>
			collapseHits(answerOf({ fields: { g: ["A", "B"] } }), collapse),
		).toThrow("Failed to collapse 0: doc has multiple values for field g");
	});
});

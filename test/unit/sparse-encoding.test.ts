import { expect, test } from "vitest";
import { sparseVector } from "../../sidecar/services/sparse-encoding.ts";

const vocabulary = ["", "the", "word", "the", "__proto__"];

function vector(entries: Readonly<Record<number, number>>) {
	return {
		ids: Int32Array.from(Object.keys(entries), Number),
		weights: Float32Array.from(Object.values(entries)),
	};
}

test("a document is found by its words, not by what frames every text", () => {
	const weights = vector({ 0: 9, 1: 0.5, 2: 1.25 });
	expect(sparseVector(weights, "WORD", vocabulary)).toEqual({
		the: 0.5,
		word: 1.25,
	});
	expect(sparseVector(weights, "TOKEN_ID", vocabulary)).toEqual({
		"0": 9,
		"1": 0.5,
		"2": 1.25,
	});
});

test("of two tokens that read alike the heavier one counts, wherever it stands", () => {
	for (const weights of [vector({ 1: 2, 3: 1 }), vector({ 1: 1, 3: 2 })])
		expect(sparseVector(weights, "WORD", vocabulary)).toEqual({ the: 2 });
});

test("an id beyond the vocabulary is no word, and still an id", () => {
	const weights = vector({ 2: 1, 99: 1 });
	expect(sparseVector(weights, "WORD", vocabulary)).toEqual({ word: 1 });
	expect(sparseVector(weights, "TOKEN_ID", vocabulary)).toHaveProperty("99");
});

test("a weight is written in few digits, and is the same 32-bit float when it is read", () => {
	for (const weight of [0.1, 1 / 3, 1e-8, 16_777_217, -0.7]) {
		const { word } = sparseVector(vector({ 2: weight }), "WORD", vocabulary);
		expect(Math.fround(word ?? 0)).toBe(Math.fround(weight));
		expect(Number(word?.toPrecision(9))).toBe(word);
	}
});

test("a token with the name of a language's innards is a token", () => {
	const weights = vector({ 4: 1 });
	const json = JSON.stringify(sparseVector(weights, "WORD", vocabulary));
	expect(json).toBe('{"__proto__":1}');
});

import { expect, test } from "vitest";
import { chooseOutput } from "../../sidecar/runtime/readers/embedding-reader.ts";
import type { FilledOutput } from "../../sidecar/runtime/readers/output-reader.ts";
import { scoresReader } from "../../sidecar/runtime/readers/scores-reader.ts";
import { spanReader } from "../../sidecar/runtime/readers/span-reader.ts";
import { weightsReader } from "../../sidecar/runtime/readers/weights-reader.ts";

const tokens = { name: "token_embeddings", type: "float32", dims: [1, 5, 8] };
const sentence = { name: "sentence_embedding", type: "float32", dims: [1, 8] };
const other = { name: "pooler_output", type: "float32", dims: [1, 8] };

function output(name: string, ...values: number[]): FilledOutput {
	return {
		name,
		type: "float32",
		dims: [1, values.length],
		values: Float32Array.from(values),
	};
}

test("pooling takes output 0, as in ml-commons, pooled already or not", () => {
	expect(chooseOutput([tokens, sentence], "MEAN")).toBe(tokens);
	expect(chooseOutput([sentence, tokens], "MEAN")).toBe(sentence);
});

test("NONE takes the vector that the model has pooled itself, wherever it stands", () => {
	expect(chooseOutput([tokens, other, sentence], "NONE")).toBe(sentence);
	expect(chooseOutput([tokens, other], "NONE")).toBe(other);
});

test("NONE on a model that pools nothing is refused with the outputs there are", () => {
	expect(() => chooseOutput([tokens], "NONE")).toThrow(
		/token_embeddings float32 \[1, 5, 8\]/,
	);
});

test("an output that holds no numbers of a vector is refused when the model is loaded", () => {
	const whole = { ...tokens, type: "int64" };
	expect(() => chooseOutput([whole], "MEAN")).toThrow(/int64/);
});

test("a sparse vector has the tokens whose weight is not 0, of either sign", () => {
	const read = weightsReader().read([output("output", 0, 0.5, 0, -2, 0)], 3);
	expect(read).toEqual({
		kind: "weights",
		ids: Int32Array.of(1, 3),
		weights: Float32Array.of(0.5, -2),
	});
});

test("a text without any weight is a sparse vector without entries, not an error", () => {
	expect(weightsReader().read([output("output", 0, 0)], 3)).toEqual({
		kind: "weights",
		ids: new Int32Array(),
		weights: new Float32Array(),
	});
});

test.each([
	["a weight", weightsReader()],
	["a score", scoresReader()],
])("%s that is no number is not stored as if it were one", (_, reader) => {
	expect(() => reader.read([output("output", Number.NaN, 1)], 3)).toThrow(
		/no finite number/,
	);
});

test.each([
	["SPARSE_ENCODING", weightsReader(), /weight for each token of the vocab/],
	["TEXT_SIMILARITY", scoresReader(), /scores of a pair/],
])(
	"%s refuses a model with values for each token of a text, and says what it wants",
	(_, reader, reason) => {
		expect(() => reader.choose([tokens])).toThrow(reason);
		expect(() => reader.choose([tokens])).toThrow(
			/token_embeddings float32 \[1, 5, 8\]/,
		);
	},
);

test("scores whose number goes with the length of the texts are refused when the model is loaded", () => {
	const reader = scoresReader();
	reader.read([output("logits", 1, 2, 3)], 3);
	expect(() => reader.read([output("logits", 1, 2)], 2)).toThrow(
		/3 values for one input and 2 for another/,
	);
});

test("an answer's logits are found by name, whatever order the graph has them in", () => {
	const end = output("end_logits", 0, 0, 9);
	const start = output("start_logits", 0, 9, 0);
	const reader = spanReader();
	expect(reader.choose([end, start])).toEqual([start, end]);
	expect(reader.read([start, end], 3)).toMatchObject({ start: 1, end: 2 });
	expect(
		reader.choose([output("a"), output("b")]).map(({ name }) => name),
	).toEqual(["a", "b"]);
});

test("an end before its start changes places with it, as in ml-commons, and the first of equals counts", () => {
	const logits = [output("start", 0, 0, 7, 7), output("end", 5, 0, 5, 0)];
	expect(spanReader().read(logits, 4)).toEqual({
		kind: "span",
		start: 0,
		end: 2,
	});
});

test("a question answering model without logits for its tokens says so", () => {
	const reader = spanReader();
	expect(() => reader.choose([sentence])).toThrow(/start_logits and end_log/);
	expect(() => reader.read([output("a", 1), output("b", 1)], 4)).toThrow(
		/not a float32 or float16 logit for each of 4 tokens/,
	);
});

import { describe, expect, it } from "vitest";
import {
	answerJson,
	embeddingJson,
	encodingJson,
	questionJson,
	similarityJson,
	tokensJson,
} from "../../sidecar/services/predict-answer.ts";

const vector = Float32Array.of(0.5, -1);

/** The entry of an answer with one. */
function parsed(entry: string): unknown {
	return JSON.parse(answerJson([entry])).inference_results[0];
}

describe("an answer", () => {
	it("has a vector's shape as ml-commons has it for each pooling", () => {
		const shape = (mode: "MEAN" | "MAX" | "NONE" | undefined) =>
			parsed(embeddingJson(vector, mode, {}));
		for (const mode of ["MEAN", undefined] as const)
			expect(shape(mode)).toEqual({
				output: [
					{
						name: "sentence_embedding",
						data_type: "FLOAT32",
						shape: [2],
						data: [0.5, -1],
					},
				],
			});
		for (const mode of ["MAX", "NONE"] as const)
			expect(shape(mode)).toMatchObject({ output: [{ shape: [1, 2] }] });
	});

	it("holds the tensors that were asked for by name or place, and nothing else", () => {
		const names = ["unknown", "output"];
		const wanted = {
			output: [{ name: "output", dataAsMap: { response: [{ a: 1 }] } }],
		};
		const of = (filter: object) => parsed(encodingJson({ a: 1 }, filter));
		expect(of({})).toEqual(wanted);
		expect(of({ target_response: [] })).toEqual(wanted);
		expect(of({ target_response: names })).toEqual(wanted);
		expect(of({ target_response_positions: [0] })).toEqual(wanted);
		expect(of({ target_response: ["unknown"] })).toEqual({});
		expect(of({ target_response_positions: [1] })).toEqual({});
		expect(of({ return_number: false })).toEqual(wanted);
	});

	it("leaves numbers out where nobody wants them", () => {
		const entry = embeddingJson(vector, "MEAN", { return_number: false });
		expect(parsed(entry)).not.toHaveProperty("output.0.data");
	});

	it("has the bytes of a score, little-endian", () => {
		expect(parsed(similarityJson(Float32Array.of(1.5)))).toEqual({
			output: [
				{
					name: "similarity",
					data_type: "FLOAT32",
					shape: [1],
					data: [1.5],
					byte_buffer: { array: "AADAPw==", order: "LITTLE_ENDIAN" },
				},
			],
		});
	});

	it("is JSON whatever the words in it are", () => {
		const quote = 'say "\u0000\\"';
		expect(parsed(questionJson(quote))).toEqual({
			output: [{ result: quote }],
		});
		expect(parsed(tokensJson({ [quote]: 1 }))).toEqual({
			output: [{ dataAsMap: { response: [{ [quote]: 1 }] } }],
		});
	});
});

import { Type } from "typebox";
import { Compile } from "typebox/compile";

const PredictAnswer = Compile(
	Type.Object({
		inference_results: Type.Array(
			Type.Object({
				output: Type.Array(Type.Object({ data: Type.Array(Type.Number()) })),
			}),
		),
	}),
);

/** The vectors of an answer to a predict request, one a text. */
export function vectorsOf(answer: unknown): number[][] {
	return PredictAnswer.Parse(answer).inference_results.map(
		({ output }) => output[0]?.data ?? [],
	);
}

/** The cosine of the angle between two vectors of one length. */
export function cosine(a: readonly number[], b: readonly number[]): number {
	const dot = (x: readonly number[], y: readonly number[]) =>
		x.reduce((sum, value, index) => sum + value * (y[index] ?? Number.NaN), 0);
	return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

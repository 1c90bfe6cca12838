import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { TestSidecar } from "./sidecar.ts";

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

/** The vector that predict gives for a text. */
export async function predictedVector(
	sidecar: TestSidecar,
	model: string,
	text: string,
): Promise<number[]> {
	const path = `/_plugins/_ml/models/${model}/_predict`;
	const { json } = await sidecar.call("POST", path, { text_docs: [text] });
	return vectorsOf(json)[0] ?? [];
}

/** The cosine of the angle between two vectors of one length. */
export function cosine(a: readonly number[], b: readonly number[]): number {
	const dot = (x: readonly number[], y: readonly number[]) =>
		x.reduce((sum, value, index) => sum + value * (y[index] ?? Number.NaN), 0);
	return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

import { SidecarError } from "../../errors.ts";
import {
	describeOutputs,
	outputTypes,
	type SeenOutput,
} from "../model-graph.ts";
import type { FilledOutput, OutputReader } from "./output-reader.ts";

/**
 * Reads which tokens most likely begin and end an answer: the largest of `start_logits` and of `end_logits`, or of
 * outputs 0 and 1 where they have other names. As in ml-commons each is looked for by itself, over all the tokens,
 * and an end before its start changes places with it.
 */
export function spanReader(): OutputReader {
	return {
		choose: chooseLogits,
		read(outputs, tokens) {
			const [a = 0, b = 0] = outputs.map((output) => largest(output, tokens));
			return { kind: "span", start: Math.min(a, b), end: Math.max(a, b) };
		},
	};
}

function chooseLogits(outputs: readonly SeenOutput[]): SeenOutput[] {
	const start =
		outputs.find(({ name }) => name === "start_logits") ?? outputs[0];
	const end = outputs.find(({ name }) => name === "end_logits") ?? outputs[1];
	if (start === undefined || end === undefined || start === end) {
		throw new SidecarError(
			"bad_request",
			`a question answering model has two outputs, start_logits and end_logits; model has ${describeOutputs(outputs)}`,
		);
	}
	return [start, end];
}

function largest(output: FilledOutput, tokens: number): number {
	const { values, type } = output;
	if (!outputTypes.includes(type) || values.length !== tokens) {
		throw new SidecarError(
			"bad_request",
			`model output ${describeOutputs([output])} is not a float32 or float16 logit for each of ${tokens} tokens`,
		);
	}
	let index = 0;
	for (const [i, value] of values.entries()) {
		if (Number.isNaN(value)) {
			throw new SidecarError(
				"inference_failed",
				"the model's logits have a value that is no number",
			);
		}
		if (value > (values[index] ?? 0)) index = i;
	}
	return index;
}

import { SidecarError } from "../../errors.ts";
import {
	describeOutputs,
	outputTypes,
	type SeenOutput,
} from "../model-graph.ts";
import type { RunOutput } from "../model-result.ts";
import type { OutputReader } from "./output-reader.ts";

/**
 * Reads output 0, if it is one row of float32 or float16 for the whole input: [1, width] or [width]. A width that goes with
 * the tokens is none of the model's, so that rows are as wide as the first one, or refused.
 */
export function rowReader(
	meaning: string,
	read: (values: Float32Array) => RunOutput,
): OutputReader {
	let width: number | undefined;
	return {
		choose: (outputs) => [rowOf(outputs, meaning)],
		read(outputs) {
			const { values } = rowOf(outputs, meaning);
			width ??= values.length;
			if (values.length !== width || width === 0) {
				throw new SidecarError(
					"bad_request",
					`output 0 has ${width} values for one input and ${values.length} for another`,
				);
			}
			return read(values);
		},
	};
}

function rowOf<Output extends SeenOutput>(
	outputs: readonly Output[],
	meaning: string,
): Output {
	const [output] = outputs;
	const isRow =
		output !== undefined &&
		outputTypes.includes(output.type) &&
		(output.dims.length === 1 ||
			(output.dims.length === 2 && output.dims[0] === 1));
	if (!isRow) {
		throw new SidecarError(
			"bad_request",
			`output 0 must be a float32 or float16 row [1, width] with ${meaning}; model has ${describeOutputs(outputs)}`,
		);
	}
	return output;
}

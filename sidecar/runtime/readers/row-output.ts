import { SidecarError } from "../../errors.ts";
import { describeOutputs, type SeenOutput } from "../model-graph.ts";

/**
 * Output 0, if it is one row of float32 for the whole input: [1, width] or [width]. Throws `bad_request` with what
 * the row should be if it is anything else.
 */
export function rowOutput<Output extends SeenOutput>(
	outputs: readonly Output[],
	meaning: string,
): Output {
	const [output] = outputs;
	const isRow =
		output !== undefined &&
		output.type === "float32" &&
		(output.dims.length === 1 ||
			(output.dims.length === 2 && output.dims[0] === 1));
	if (!isRow) {
		throw new SidecarError(
			"bad_request",
			`output 0 must be a float32 row [1, width] with ${meaning}; model has ${describeOutputs(outputs)}`,
		);
	}
	return output;
}

/** Says whether rows are as wide as the first one: a width that goes with the tokens is none of the model's. */
export class RowWidth {
	#width: number | undefined;

	check(width: number): void {
		this.#width ??= width;
		if (width !== this.#width || width === 0) {
			throw new SidecarError(
				"bad_request",
				`output 0 has ${this.#width} values for one input and ${width} for another`,
			);
		}
	}
}

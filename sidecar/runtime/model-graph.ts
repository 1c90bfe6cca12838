import { SidecarError } from "../errors.ts";

/** Inputs that the runtime can fill. */
export const inputNames = [
	"input_ids",
	"attention_mask",
	"token_type_ids",
	"position_ids",
] as const;

export type InputName = (typeof inputNames)[number];

const integerTypes = ["int64", "int32"] as const;

export interface GraphInput {
	/** Its name in the graph. */
	name: string;
	/** What it is filled with. */
	filling: InputName;
	type: (typeof integerTypes)[number];
}

/** What is known of a graph's input before it runs. */
interface DeclaredInput {
	name: string;
	isTensor: boolean;
	type?: string;
}

/** Sparse models whose inputs have this before their names are the only ones that ml-commons runs as ONNX. */
const tracedPrefix = /^input1\./;

/** What a graph's output was when it ran. */
export interface SeenOutput {
	name: string;
	type: string;
	dims: readonly number[];
}

/**
 * The inputs of a graph, each with the type it wants. Throws `bad_request` for one that the runtime does not
 * know: every input has to follow from the tokens of what is read.
 */
export function graphInputs(declared: readonly DeclaredInput[]): GraphInput[] {
	const inputs = declared.map(({ name, isTensor, type }) => {
		const plain = name.replace(tracedPrefix, "");
		const known = inputNames.find((candidate) => candidate === plain);
		if (known === undefined || !isTensor) {
			throw new SidecarError(
				"bad_request",
				`model has the input ${name}; known inputs are ${inputNames.join(", ")}`,
			);
		}
		const integer = integerTypes.find((candidate) => candidate === type);
		if (integer === undefined) {
			throw new SidecarError(
				"bad_request",
				`model input ${name} has type ${type}, neither int64 nor int32`,
			);
		}
		return { name, filling: known, type: integer };
	});
	if (!inputs.some(({ filling }) => filling === "input_ids")) {
		throw new SidecarError("bad_request", "model has no input input_ids");
	}
	return inputs;
}

/** Outputs as a reason names them. */
export function describeOutputs(outputs: readonly SeenOutput[]): string {
	return outputs
		.map(({ name, type, dims }) => `${name} ${type} [${dims.join(", ")}]`)
		.join(", ");
}

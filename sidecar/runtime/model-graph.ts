import type { PoolingMode } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";

/** Inputs of embedding models that the runtime can fill. */
export const inputNames = [
	"input_ids",
	"attention_mask",
	"token_type_ids",
	"position_ids",
] as const;

export type InputName = (typeof inputNames)[number];

const integerTypes = ["int64", "int32"] as const;

export interface GraphInput {
	name: InputName;
	type: (typeof integerTypes)[number];
}

/** What is known of a graph's input before it runs. */
interface DeclaredInput {
	name: string;
	isTensor: boolean;
	type?: string;
}

/** What a graph's output was when it ran. */
export interface SeenOutput {
	name: string;
	type: string;
	/** For one text: [1, tokens, dimension], [1, dimension], [tokens, dimension] or [dimension]. */
	dims: readonly number[];
}

/**
 * The inputs of a graph, each with the type it wants. Throws `bad_request` for one that the runtime does not
 * know: it can only be an embedding model if every input follows from a text's tokens.
 */
export function graphInputs(declared: readonly DeclaredInput[]): GraphInput[] {
	const inputs = declared.map(({ name, isTensor, type }) => {
		const known = inputNames.find((candidate) => candidate === name);
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
		return { name: known, type: integer };
	});
	if (!inputs.some(({ name }) => name === "input_ids")) {
		throw new SidecarError("bad_request", "model has no input input_ids");
	}
	return inputs;
}

/**
 * The output that holds the vector, or the tokens' vectors that are pooled. As in ml-commons output 0 is
 * pooled; one that has no token axis is pooled already and used as it is. With NONE: `sentence_embedding`,
 * else the first output without a token axis (ml-commons takes output 1). Throws `bad_request` where there is
 * none, or where it is not float32.
 */
export function chooseOutput(
	outputs: readonly SeenOutput[],
	mode: PoolingMode,
): SeenOutput {
	const chosen =
		mode === "NONE"
			? (outputs.find(({ name }) => name === "sentence_embedding") ??
				outputs.find(isPooled))
			: outputs[0];
	if (chosen === undefined || (mode === "NONE" && !isPooled(chosen))) {
		throw new SidecarError(
			"bad_request",
			`pooling_mode ${mode} needs an output that is pooled already; model has ${describe(outputs)}`,
		);
	}
	if (chosen.type !== "float32" || chosen.dims.length > 3) {
		throw new SidecarError(
			"bad_request",
			`model output ${describe([chosen])} is not a float32 vector a token or a text`,
		);
	}
	return chosen;
}

/** Whether an output has no token axis: [1, dimension] or [dimension]. */
export function isPooled({ dims }: Pick<SeenOutput, "dims">): boolean {
	return dims.length === 1 || (dims.length === 2 && dims[0] === 1);
}

function describe(outputs: readonly SeenOutput[]): string {
	return outputs
		.map(({ name, type, dims }) => `${name} ${type} [${dims.join(", ")}]`)
		.join(", ");
}

import { SidecarError } from "../errors.ts";

/** Inputs that the runtime can fill. */
export const inputNames = [
	"input_ids",
	"attention_mask",
	"token_type_ids",
	"position_ids",
] as const;

export type InputName = (typeof inputNames)[number];

/** Types that hold every token id and every position exactly. */
const numberTypes = ["int64", "int32", "float32"] as const;

/** Types that hold the few values of a mask and of token types. */
const flagTypes = [...numberTypes, "float16", "uint8", "bool"] as const;

export type InputType = (typeof flagTypes)[number];

/** Types of outputs that can be read. */
export const outputTypes: readonly string[] = ["float32", "float16"];

export interface GraphInput {
	/** Its name in the graph. */
	name: string;
	/** What it is filled with. */
	filling: InputName;
	type: InputType;
}

/** What is known of a graph's input before it runs. */
interface DeclaredInput {
	name: string;
	isTensor: boolean;
	type?: string;
}

/**
 * What exporters put around a name: a module before it, as in `input1.input_ids`, the only names under which
 * ml-commons runs a sparse model as ONNX; an output's number after it, as in TensorFlow's `input_ids:0`.
 */
const decoration = /^(\w+\.)*|:0$/g;

/** The names of BERT's first release, which models exported from TensorFlow still have. */
const firstNames: ReadonlyMap<string, InputName> = new Map([
	["input_mask", "attention_mask"],
	["segment_ids", "token_type_ids"],
]);

/** What a graph's output was when it ran. */
export interface SeenOutput {
	name: string;
	type: string;
	dims: readonly number[];
}

/**
 * The inputs of a graph, each with the type it wants. Throws `bad_request` for one that the runtime does not
 * know, or knows twice: every input has to follow from the tokens of what is read.
 */
export function graphInputs(declared: readonly DeclaredInput[]): GraphInput[] {
	const inputs: GraphInput[] = [];
	for (const { name, isTensor, type } of declared) {
		const filling = isTensor ? fillingNamed(name) : undefined;
		if (filling === undefined) {
			throw new SidecarError(
				"bad_request",
				`model has the input ${name}; known inputs are ${inputNames.join(", ")}`,
			);
		}
		const same = inputs.find((input) => input.filling === filling);
		if (same !== undefined) {
			throw new SidecarError(
				"bad_request",
				`model has the inputs ${same.name} and ${name}, which both stand for ${filling}`,
			);
		}
		inputs.push({ name, filling, type: inputType(name, filling, type) });
	}
	if (!inputs.some(({ filling }) => filling === "input_ids")) {
		throw new SidecarError("bad_request", "model has no input input_ids");
	}
	return inputs;
}

function fillingNamed(name: string): InputName | undefined {
	const plain = name.replace(decoration, "");
	return inputNames.find((known) => known === plain) ?? firstNames.get(plain);
}

function inputType(
	name: string,
	filling: InputName,
	declared: string | undefined,
): InputType {
	const isFlag = filling === "attention_mask" || filling === "token_type_ids";
	const types: readonly InputType[] = isFlag ? flagTypes : numberTypes;
	const type = types.find((candidate) => candidate === declared);
	if (type === undefined) {
		throw new SidecarError(
			"bad_request",
			`model input ${name} has type ${declared}; it can be ${types.join(", ")}`,
		);
	}
	return type;
}

/** Outputs as a reason names them. */
export function describeOutputs(outputs: readonly SeenOutput[]): string {
	return outputs
		.map(({ name, type, dims }) => `${name} ${type} [${dims.join(", ")}]`)
		.join(", ");
}

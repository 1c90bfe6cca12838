import { illegal } from "../../invalid-definition.ts";
import { isObject } from "../../json.ts";
import {
	type AnswerPath,
	parseAnswerPath,
	wholeAnswer,
} from "./answer-path.ts";
import { type InputTemplate, parseInputTemplate } from "./input-template.ts";

/** What of a model's answer goes where in a document. */
export interface InferenceOutput {
	/** A field, by its dots. */
	readonly target: string;
	readonly path: AnswerPath;
}

/** One call of the model. */
export interface InferencePrediction {
	/** The fields that a document has to have, by their dots. */
	readonly sources: readonly string[];
	readonly input: InputTemplate;
	readonly outputs: readonly InferenceOutput[];
}

/** The maps of a prediction, as a client wrote them. */
export interface PredictionMaps {
	readonly input: unknown;
	/** Undefined where there is none for any prediction. */
	readonly output: unknown;
	/** Whether paths are those of the whole answer; else there is only its first vector. */
	readonly fullResponsePath: boolean;
}

/** Where an answer goes as a whole, unless an output map says more. */
const wholeOutput: InferenceOutput = {
	target: "inference_results",
	path: wholeAnswer,
};

const firstVector = "$.inference_results[0].output[0].data";

/** Neither what OpenSearch keeps beside a document nor what stands for several fields. */
const field = /^(?!_ingest\b|_source\b)[^.*[\]{}$]+(?:\.[^.*[\]{}$]+)*$/;

/** @param modelInput the template for the model's request */
export function parsePrediction(
	modelInput: string,
	{ input, output, fullResponsePath }: PredictionMaps,
): InferencePrediction {
	const inputs = new Map(
		entriesOf("input_map", input).map(([name, source]) => [
			name,
			checked("input_map", source.replace(/^\$\./, "")),
		]),
	);
	const outputs =
		output === undefined
			? [wholeOutput]
			: entriesOf("output_map", output).map(([target, path]) => ({
					target: checked("output_map", target),
					path: readPath(fullResponsePath ? path : firstVector),
				}));
	return {
		sources: [...inputs.values()],
		input: parseInputTemplate(modelInput, inputs),
		outputs,
	};
}

function entriesOf(option: string, map: unknown): [string, string][] {
	if (!isObject(map))
		throw illegal(`[${option}] has to be a list of objects with names`);
	return Object.entries(map).map(([name, value]) => {
		if (typeof value === "string") return [name, value];
		throw illegal(`[${option}] has to have a string for [${name}]`);
	});
}

function checked(option: string, name: string): string {
	if (field.test(name)) return name;
	throw illegal(
		`[${option}] has the field [${name}]: only names with dots between them are supported`,
	);
}

function readPath(text: string): AnswerPath {
	const path = parseAnswerPath(text);
	if (path) return path;
	throw illegal(
		`[output_map] has the path [${text}]: only names, numbers and wildcards that lead into inference_results are supported`,
	);
}

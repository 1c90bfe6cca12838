import { illegal } from "../invalid-definition.ts";
import type { JsonObject } from "../json.ts";
import { DefinitionOptions } from "./definition-options.ts";
import {
	type InferencePrediction,
	parsePrediction,
} from "./inference/prediction.ts";
import { parseModelId } from "./model-options.ts";

/** An `ml_inference` processor's own options, with a model of the sidecar's for text embedding. */
export interface MlInference {
	readonly kind: "ml_inference";
	readonly modelId: string;
	readonly predictions: readonly InferencePrediction[];
	/** Whether a document that lacks a field of the input is left as it is. */
	readonly ignoreMissing: boolean;
	/** Whether a field that is there already is written over. */
	readonly override: boolean;
}

/**
 * The options of an `ml_inference` processor, checked as ml-commons checks them when a pipeline is stored. What would
 * need another kind of model, or more than plain names and paths, is refused as well.
 *
 * @throws InvalidDefinition
 */
export function parseMlInference(values: unknown): MlInference {
	const options = new DefinitionOptions("ml_inference", values);
	const modelId = options.string("model_id");
	const config = options.optionalMap("model_config") ?? {};
	const inputMaps = options.optionalList("input_map") ?? [];
	const outputMaps = options.optionalList("output_map");
	const most = options.integer("max_prediction_tasks", 10);
	const ignoreMissing = options.boolean("ignore_missing", false);
	const override = options.boolean("override", false);
	const functionName = options.optionalString("function_name") ?? "remote";
	const modelInput = options.optionalString("model_input");
	const fullResponsePath = options.boolean("full_response_path", true);
	if (functionName.toLowerCase() !== "text_embedding")
		throw illegal(
			`function_name is [${functionName}]: the sidecar runs ml_inference with its own models for text_embedding alone`,
		);
	if (modelInput === undefined)
		throw illegal(
			"Please provide model input when using a local model in ML Inference Processor",
		);
	if (outputMaps && outputMaps.length !== inputMaps.length)
		throw illegal(
			"The length of output_map and the length of input_map do no match.",
		);
	if (inputMaps.length > most)
		throw illegal(
			`The number of prediction task setting in this process is ${inputMaps.length}. It exceeds the max_prediction_tasks of ${most}. Please reduce the size of input_map or increase max_prediction_tasks.`,
		);
	if (inputMaps.length === 0)
		throw illegal("[input_map] has to say which fields the model is given");
	const template = withConfig(modelInput, config);
	const processor: MlInference = {
		kind: "ml_inference",
		modelId: parseModelId(modelId),
		predictions: inputMaps.map((input, index) =>
			parsePrediction(template, {
				input,
				output: outputMaps?.[index],
				fullResponsePath,
			}),
		),
		ignoreMissing,
		override,
	};
	options.refuseOthers();
	return processor;
}

/** A `model_input` with the values of `model_config`, which are the same for every document. */
function withConfig(modelInput: string, config: JsonObject): string {
	return modelInput.replace(
		/\$\{model_config\.([^}]+)\}/g,
		(placeholder, name: string) =>
			Object.hasOwn(config, name) ? String(config[name]) : placeholder,
	);
}

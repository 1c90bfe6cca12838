import {
	type ModelConfig,
	type ModelConfigRequest,
	poolingModes,
} from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";

const frameworks = [
	"SENTENCE_TRANSFORMERS",
	"HUGGINGFACE_TRANSFORMERS",
	"HUGGINGFACE_TRANSFORMERS_NEURON",
];

/** A `model_config` as it is stored, checked in ml-commons' words. @throws SidecarError bad_request */
export function readModelConfig(
	request: ModelConfigRequest | undefined,
): ModelConfig {
	if (!request) throw invalid("model config is null");
	const { embedding_dimension, framework_type, pooling_mode, ...others } =
		request;
	if (others.model_type === undefined) throw invalid("model type is null");
	if (embedding_dimension === undefined)
		throw invalid("embedding dimension is null");
	if (framework_type === undefined) throw invalid("framework type is null");
	if (!frameworks.includes(framework_type.toUpperCase()))
		throw invalid("Wrong framework type");
	const duplicate = duplicateKey(others);
	if (duplicate !== undefined)
		throw invalid(
			`Duplicate keys found in both all_config and additional_config: ${duplicate}`,
		);
	return {
		...others,
		embedding_dimension,
		framework_type: framework_type.toUpperCase(),
		...(pooling_mode !== undefined && {
			pooling_mode: readPoolingMode(pooling_mode),
		}),
	};
}

function readPoolingMode(name: string) {
	const mode = poolingModes.find((known) => known === name.toUpperCase());
	if (!mode) throw invalid("Wrong pooling method");
	return mode;
}

/** A key that stands in both; `all_config` is a JSON object in a string, and may be anything else. */
function duplicateKey({
	all_config,
	additional_config,
}: Pick<ModelConfigRequest, "all_config" | "additional_config">) {
	if (all_config === undefined || additional_config === undefined)
		return undefined;
	try {
		const parsed: unknown = JSON.parse(all_config);
		const keys = Object.keys(Object(parsed));
		return keys.find((key) => key in additional_config);
	} catch (cause) {
		throw new SidecarError("bad_request", "all_config is not valid JSON", {
			cause,
		});
	}
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}

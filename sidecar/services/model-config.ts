import {
	type FunctionName,
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

const highlighting = "sentence_highlighting";

/** Functions whose models need no `model_config`. */
const withoutConfig: readonly FunctionName[] = [
	"SPARSE_ENCODING",
	"SPARSE_TOKENIZE",
];

/**
 * A `model_config` as it is stored, checked in ml-commons' words for what a model of this function must have;
 * undefined where there is none and none is needed.
 *
 * @throws SidecarError bad_request
 */
export function readFunctionConfig(
	functionName: FunctionName,
	request: ModelConfigRequest | undefined,
): ModelConfig | undefined {
	if (request) return readConfig(functionName, request);
	if (withoutConfig.includes(functionName)) return undefined;
	throw invalid("model config is null");
}

function readConfig(
	functionName: FunctionName,
	request: ModelConfigRequest,
): ModelConfig {
	const isEmbedding = functionName === "TEXT_EMBEDDING";
	const isAnswering = functionName === "QUESTION_ANSWERING";
	const { framework_type, pooling_mode, ...others } = isAnswering
		? answeringFields(request)
		: request;
	if (others.model_type === undefined) throw invalid("model type is null");
	if (isEmbedding && others.embedding_dimension === undefined)
		throw invalid("embedding dimension is null");
	if (framework_type === undefined && (isEmbedding || isAnswering))
		throw invalid("framework type is null");
	if (
		framework_type !== undefined &&
		!frameworks.includes(framework_type.toUpperCase())
	)
		throw invalid("Wrong framework type");
	// Its graph has to find sentences: ml-commons feeds and publishes it as TORCH_SCRIPT alone.
	if (isAnswering && others.model_type.toLowerCase() === highlighting)
		throw invalid(
			`model_type ${highlighting} is not supported: there are no such models as ONNX`,
		);
	const duplicate = duplicateKey(others);
	if (duplicate !== undefined)
		throw invalid(
			`Duplicate keys found in both all_config and additional_config: ${duplicate}`,
		);
	return {
		...others,
		...(framework_type !== undefined && {
			framework_type: framework_type.toUpperCase(),
		}),
		...(pooling_mode !== undefined && {
			pooling_mode: readPoolingMode(pooling_mode),
		}),
	};
}

/** The fields that ml-commons keeps of a question answering model. */
function answeringFields(request: ModelConfigRequest): ModelConfigRequest {
	const kept = [
		"model_type",
		"framework_type",
		"all_config",
		"normalize_result",
		"model_max_length",
	];
	return Object.fromEntries(
		Object.entries(request).filter(([name]) => kept.includes(name)),
	);
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

import { vectorJson } from "../../ingest/vector-json.ts";
import type { PredictRequest } from "../../schemas/predict.ts";
import { SidecarError } from "../errors.ts";
import type { Embedding } from "../runtime/model-spec.ts";
import type { DeploymentService } from "./deployments.ts";
import type { ContentType, EmbeddingService } from "./embedding.ts";

/** The name of a text embedding model's one output tensor. */
const tensorName = "sentence_embedding";

export interface PredictionOptions {
	embedding: EmbeddingService;
	deployments: DeploymentService;
	/** Texts of one request at most. */
	textsLimit: number;
}

/** Runs a model on the texts of one request and answers as ml-commons does. */
export class PredictionService {
	readonly #options: PredictionOptions;

	constructor(options: PredictionOptions) {
		this.#options = options;
	}

	/**
	 * The answer to a predict request, as JSON text.
	 *
	 * @throws SidecarError
	 */
	async predict(
		modelId: string,
		request: PredictRequest,
		signal: AbortSignal,
	): Promise<string> {
		const { embedding, textsLimit } = this.#options;
		const { config } = await this.#options.deployments.require(modelId);
		const contentType = readContentType(request, config);
		const texts = (request.text_docs ?? []).map(String);
		if (texts.length === 0)
			throw new SidecarError("bad_request", "Empty text docs");
		if (texts.length > textsLimit)
			throw new SidecarError(
				"bad_request",
				`text_docs holds ${texts.length} texts, SIDECAR_PREDICT_TEXTS_LIMIT allows ${textsLimit}`,
			);
		const embeddings = await embedding.embed({
			modelId,
			texts,
			lane: "search",
			contentType,
			signal,
		});
		const results = embeddings.map((result) => resultJson(result, request));
		return `{"inference_results":[${results.join(",")}]}`;
	}
}

/**
 * Which prefix a request asks for. Like ml-commons, a model with prefixes has to be told what its texts are,
 * and one without them can't be.
 */
function readContentType(
	{ parameters }: PredictRequest,
	config: { query_prefix?: string; passage_prefix?: string },
): ContentType {
	const asymmetric =
		config.query_prefix !== undefined || config.passage_prefix !== undefined;
	const contentType = parameters?.content_type;
	if (asymmetric && parameters === undefined)
		throw new SidecarError(
			"bad_request",
			"The embedding model chosen is asymmetric. To use it, you must declare whether the input is of type `QUERY` or of type `PASSAGE`.",
		);
	if (!asymmetric && contentType !== undefined)
		throw new SidecarError(
			"bad_request",
			"When passing AsymmetricTextEmbeddingParameters, the model requires to be registered with at least one of `query_prefix` or `passage_prefix`.",
		);
	return typeof contentType === "string" &&
		contentType.toUpperCase() === "PASSAGE"
		? "passage"
		: "query";
}

/** One text's entry of `inference_results`, with the tensors the request asks for. */
function resultJson(
	{ vector }: Embedding,
	{ target_response, target_response_positions, return_number }: PredictRequest,
): string {
	const names = target_response ?? [];
	const positions = target_response_positions ?? [];
	const filtered = names.length > 0 || positions.length > 0;
	if (filtered && !names.includes(tensorName) && !positions.includes(0))
		return "{}";
	const data = return_number === false ? "" : `,"data":${vectorJson(vector)}`;
	return `{"output":[{"name":"${tensorName}","data_type":"FLOAT32","shape":[${vector.length}]${data}}]}`;
}

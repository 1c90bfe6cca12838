import type { ModelConfig } from "../../schemas/model.ts";
import { SidecarError } from "../errors.ts";
import type { Lane } from "../runtime/lanes.ts";
import type { Embedding } from "../runtime/model-result.ts";
import type { Admission } from "./admission.ts";
import type { InferenceService } from "./inference.ts";
import type { RunTerms } from "./run-terms.ts";

/** What a text is for a model that tells the two apart by a prefix. */
export type ContentType = "query" | "passage";

export interface EmbedRequest {
	modelId: string;
	texts: readonly string[];
	lane: Lane;
	contentType: ContentType;
	/** The request has been let through already. */
	admitted?: boolean;
	terms?: RunTerms;
}

/** Texts to vectors, by a text embedding model that is deployed. */
export class EmbeddingService {
	readonly #inference: InferenceService;
	readonly #admission: Admission;

	constructor(inference: InferenceService, admission: Admission) {
		this.#inference = inference;
		this.#admission = admission;
	}

	/** The texts' embeddings in their order. @throws SidecarError */
	async embed(request: EmbedRequest): Promise<Embedding[]> {
		const { modelId, texts, lane, contentType, terms = {} } = request;
		// Nobody knows the user here: a limit of the model holds, those of its users do not.
		if (!request.admitted) await this.#admission.check(modelId, undefined);
		const ready = await this.#inference.require(modelId, terms.deadline);
		const { functionName } = ready.loaded.spec;
		if (functionName !== "TEXT_EMBEDDING")
			throw new SidecarError(
				"bad_request",
				`model ${modelId} is for ${functionName}, not for TEXT_EMBEDDING`,
			);
		const prefix = prefixOf(ready.config, contentType);
		const results = await this.#inference.run(ready, {
			modelId,
			inputs: prefix === "" ? texts : texts.map((text) => prefix + text),
			lane,
			terms,
		});
		return results.map((result) => {
			if (result.kind === "vector") return result;
			throw new SidecarError("internal", "a text came back without a vector");
		});
	}
}

function prefixOf(config: ModelConfig, contentType: ContentType): string {
	const prefix =
		contentType === "query" ? config.query_prefix : config.passage_prefix;
	return prefix ?? "";
}

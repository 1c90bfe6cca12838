import type { PredictRequest } from "../../schemas/predict.ts";
import { SidecarError } from "../errors.ts";
import type { Activity } from "./activity.ts";
import type { Admission } from "./admission.ts";
import type { EmbeddingService } from "./embedding.ts";
import type { InferenceService } from "./inference.ts";
import type { ReadyModel } from "./model-loader.ts";
import {
	answerJson,
	embeddingJson,
	encodingJson,
	questionJson,
	similarityJson,
	tokensJson,
} from "./predict-answer.ts";
import { readPairs, readQuestion, readTexts } from "./predict-input.ts";
import { readContentType, readSparseFormat } from "./predict-parameters.ts";
import type { RunTerms } from "./run-terms.ts";
import type { SparseEncodingService, SparseVector } from "./sparse-encoding.ts";

export interface PredictionOptions {
	admission: Admission;
	activity: Activity;
	inference: InferenceService;
	embedding: EmbeddingService;
	sparseEncoding: SparseEncodingService;
	/** Texts of one request at most. */
	textsLimit: number;
}

/** Who asks, where that is known, and on which terms. */
export interface Prediction {
	user: string | undefined;
	terms: RunTerms;
}

/** A request for one model, which decides by its own function what is run. */
interface Admitted {
	modelId: string;
	request: PredictRequest;
	ready: ReadyModel;
	terms: RunTerms;
}

/** Runs a model on what one request holds and answers as ml-commons does. */
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
		{ user, terms }: Prediction,
	): Promise<string> {
		const { admission, inference, activity } = this.#options;
		const start = performance.now();
		await admission.check(modelId, user);
		const ready = await inference.require(modelId, terms.deadline);
		const entries = await this.#entries({ modelId, request, ready, terms });
		if (ready.local)
			activity.time(modelId, "request", performance.now() - start);
		return answerJson(entries);
	}

	async #entries(admitted: Admitted): Promise<string[]> {
		const { request, ready } = admitted;
		switch (ready.loaded.spec.functionName) {
			case "TEXT_EMBEDDING":
				return this.#embed(admitted);
			case "SPARSE_ENCODING":
				return (await this.#sparse(admitted)).map((vector) =>
					encodingJson(vector, request),
				);
			case "SPARSE_TOKENIZE":
				return (await this.#sparse(admitted)).map(tokensJson);
			case "TEXT_SIMILARITY":
				return this.#compare(admitted);
			case "QUESTION_ANSWERING":
				return this.#answer(admitted);
		}
	}

	async #embed({ modelId, request, ready, terms }: Admitted) {
		const { embedding, textsLimit } = this.#options;
		const contentType = readContentType(request, ready.config);
		const embeddings = await embedding.embed({
			modelId,
			texts: readTexts(request, "TEXT_EMBEDDING", textsLimit),
			lane: "search",
			contentType,
			admitted: true,
			terms,
		});
		return embeddings.map(({ vector }) =>
			embeddingJson(vector, ready.config.pooling_mode, request),
		);
	}

	#sparse({ modelId, request, terms }: Admitted): Promise<SparseVector[]> {
		const { sparseEncoding, textsLimit } = this.#options;
		const format = readSparseFormat(request);
		return sparseEncoding.sparse({
			modelId,
			texts: readTexts(request, "SPARSE_ENCODING", textsLimit),
			lane: "search",
			format,
			terms,
		});
	}

	async #compare({ modelId, request, ready, terms }: Admitted) {
		const { inference, textsLimit } = this.#options;
		const results = await inference.run(ready, {
			modelId,
			inputs: readPairs(request, textsLimit),
			lane: "search",
			terms,
		});
		return results.map((result) => {
			if (result.kind === "vector") return similarityJson(result.vector);
			throw new SidecarError("internal", "a pair came back without scores");
		});
	}

	async #answer({ modelId, request, ready, terms }: Admitted) {
		const results = await this.#options.inference.run(ready, {
			modelId,
			inputs: [readQuestion(request)],
			lane: "search",
			terms,
		});
		return results.map((result) => {
			if (result.kind === "answer") return questionJson(result.answer);
			throw new SidecarError("internal", "a question came back unanswered");
		});
	}
}

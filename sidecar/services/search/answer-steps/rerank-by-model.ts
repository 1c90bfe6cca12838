import { SidecarError } from "../../../errors.ts";
import type { SearchAnswer } from "../../../search/answers/search-answer.ts";
import type { RerankByModel } from "../../../search/pipelines/search-pipeline.ts";
import type { Admission } from "../../admission.ts";
import type { InferenceService } from "../../inference.ts";
import type { RunTerms } from "../../run-terms.ts";
import { documentText } from "./document-text.ts";
import { withScores } from "./new-scores.ts";

export interface RerankOptions {
	inference: InferenceService;
	admission: Admission;
	/** Hits at most that a model compares with the query. */
	textsLimit: number;
}

/** Gives hits the scores that a TEXT_SIMILARITY model finds between their documents and the query's text. */
export class ModelReranker {
	readonly #options: RerankOptions;

	constructor(options: RerankOptions) {
		this.#options = options;
	}

	/** @throws SidecarError; the answer is then as it was */
	async rerank(
		answer: SearchAnswer,
		{ modelId, documentFields }: RerankByModel,
		{ text, terms }: { text: string; terms: RunTerms },
	): Promise<void> {
		if (answer.hits.length === 0) return;
		if (!documentFields)
			throw new SidecarError(
				"bad_request",
				'No document context found! Perhaps "context.document_fields" is missing from the pipeline definition?',
			);
		const { textsLimit } = this.#options;
		if (answer.hits.length > textsLimit)
			throw new SidecarError(
				"bad_request",
				`the search answers ${answer.hits.length} hits for a model to rerank, SIDECAR_PREDICT_TEXTS_LIMIT allows ${textsLimit}`,
			);
		const documents = answer.hits.map((hit) =>
			documentText(hit, documentFields),
		);
		withScores(
			answer,
			await this.#compare(modelId, { text, documents, terms }),
		);
	}

	async #compare(
		modelId: string,
		{
			text,
			documents,
			terms,
		}: { text: string; documents: readonly string[]; terms: RunTerms },
	): Promise<number[]> {
		const { inference, admission } = this.#options;
		await admission.check(modelId, undefined);
		const ready = await inference.require(modelId, terms.deadline);
		const { functionName } = ready.loaded.spec;
		if (functionName !== "TEXT_SIMILARITY")
			throw new SidecarError(
				"bad_request",
				`model ${modelId} is for ${functionName}, not for TEXT_SIMILARITY`,
			);
		const results = await inference.run(ready, {
			modelId,
			inputs: documents.map((document) => [text, document] as const),
			lane: "search",
			terms,
		});
		return results.map((result) => {
			const score = result.kind === "vector" ? result.vector[0] : undefined;
			if (score !== undefined) return score;
			throw new SidecarError("internal", "a pair came back without a score");
		});
	}
}

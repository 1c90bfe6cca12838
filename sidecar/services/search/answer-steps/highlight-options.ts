import type { JsonObject } from "../../../../ingest/json.ts";
import { SidecarError } from "../../../errors.ts";
import { simpleClass } from "./java-text.ts";

/** How the sentences of a field are chosen. */
export interface HighlightOptions {
	readonly modelId: string;
	/** The least cosine between a sentence's vector and the query's; for embedding models. */
	readonly minSimilarity: number;
	/** Sentences of a field at most, the most similar ones; for embedding models. */
	readonly maxSentences: number;
}

const defaults = { minSimilarity: 0.4, maxSentences: 3 };

/** Reads `highlight.options`. @throws SidecarError bad_request */
export function readHighlightOptions(options: JsonObject): HighlightOptions {
	const { model_id: modelId, min_similarity, max_sentences } = options;
	if (typeof modelId !== "string")
		throw invalid(
			`model_id must be a non-null string, but was ${simpleClass(JSON.stringify(modelId ?? null))}`,
		);
	const minSimilarity = min_similarity ?? defaults.minSimilarity;
	if (
		typeof minSimilarity !== "number" ||
		minSimilarity < -1 ||
		minSimilarity > 1
	)
		throw invalid(
			`min_similarity must be a number from -1 to 1, but was ${JSON.stringify(minSimilarity)}`,
		);
	const maxSentences = max_sentences ?? defaults.maxSentences;
	if (
		typeof maxSentences !== "number" ||
		!Number.isInteger(maxSentences) ||
		maxSentences < 1
	)
		throw invalid(
			`max_sentences must be a whole number from 1 on, but was ${JSON.stringify(maxSentences)}`,
		);
	return { modelId, minSimilarity, maxSentences };
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}

import type { LoadCall } from "../runtime/load.ts";
import { hitsAsked } from "./plan.ts";
import { hybridPipeline, indexName } from "./search-index.ts";

/** Makes a search for a text by a model. */
export type MakeSearch = (text: string, modelId: string) => LoadCall;

/** The nearest documents. */
export function neuralSearch(text: string, modelId: string): LoadCall {
	return search(neural(text, modelId));
}

/** The nearest documents, and those that have the words. */
export function hybridSearch(text: string, modelId: string): LoadCall {
	const queries = [match(text), neural(text, modelId)];
	return search({ hybrid: { queries } }, `?search_pipeline=${hybridPipeline}`);
}

/** The documents that have the words: nobody but OpenSearch has to do with it. */
export function plainSearch(text: string): LoadCall {
	return search(match(text));
}

function neural(query_text: string, model_id: string): object {
	return { neural: { vector: { query_text, model_id, k: hitsAsked } } };
}

function match(text: string): object {
	return { match: { text } };
}

function search(query: object, parameters = ""): LoadCall {
	return {
		method: "POST",
		path: `/${indexName}/_search${parameters}`,
		body: JSON.stringify({ size: hitsAsked, _source: ["text"], query }),
	};
}

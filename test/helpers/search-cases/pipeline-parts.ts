/** Pipelines of one processor. */
type Json = Readonly<Record<string, unknown>>;

export const phase = (name: string, definition: unknown) => ({
	phase_results_processors: [{ [name]: definition }],
});
export const request = (name: string, definition: unknown) => ({
	request_processors: [{ [name]: definition }],
});
export const response = (name: string, definition: unknown) => ({
	response_processors: [{ [name]: definition }],
});
export const normalization = (definition: unknown) =>
	phase("normalization-processor", definition);
export const ranker = (definition: unknown) =>
	phase("score-ranker-processor", definition);
export const enricher = (definition: unknown) =>
	request("neural_query_enricher", definition);
export const twoPhase = (definition: unknown) =>
	request("neural_sparse_two_phase_processor", definition);
export const rerank = (definition: unknown) => response("rerank", definition);
export const weights = (list: unknown) =>
	normalization({ combination: { parameters: { weights: list } } });
export const bounds = (parameters: Json) =>
	normalization({ normalization: { technique: "min_max", parameters } });
export const model = { ml_opensearch: { model_id: "m" } };
export const context = { context: { document_fields: ["text"] } };

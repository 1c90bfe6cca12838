/** The types of queries that OpenSearch does not know and the sidecar does. */
export const ownQueries: ReadonlySet<string> = new Set([
	"neural",
	"neural_sparse",
	"hybrid",
]);

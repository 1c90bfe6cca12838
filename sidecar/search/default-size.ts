/** Hits of a search that does not say how many: OpenSearch's own default. */
export const defaultSize = 10;

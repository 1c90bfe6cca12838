import type { LoadCall } from "../runtime/load.ts";

/** A document to be written. */
export interface BulkDocument {
	/** OpenSearch gives it one if left out. */
	id?: string;
	source: object;
}

/** Bulks of so many documents, each document once. @param size documents of a bulk */
export function bulkCalls(
	index: string,
	documents: readonly BulkDocument[],
	size: number,
): LoadCall[] {
	return Array.from({ length: Math.ceil(documents.length / size) }, (_, i) => ({
		method: "POST",
		path: `/${index}/_bulk`,
		body: documents
			.slice(i * size, (i + 1) * size)
			.map(bulkLines)
			.join(""),
	}));
}

/** The lines of one document. */
export function bulkLines({ id, source }: BulkDocument): string {
	const action = id === undefined ? {} : { _id: id };
	return `${JSON.stringify({ index: action })}\n${JSON.stringify(source)}\n`;
}

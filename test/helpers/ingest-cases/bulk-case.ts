import { bulk, embedding, embeddingIndex, type IngestCase } from "./case.ts";

/** An index that embeds. */
export const own = embeddingIndex(embedding());

/** A bulk to an index that embeds. */
export function sent(name: string, lines: readonly unknown[]): IngestCase {
	return { name, calls: [...own, bulk(lines)] };
}

/** A bulk of documents to index, whose ids are 1, 2 and so on. */
export function indexed(name: string, ...sources: unknown[]): IngestCase {
	return sent(name, indexing(...sources));
}

/** The same with a pipeline of these processors. */
export function through(
	name: string,
	processors: readonly unknown[],
	...sources: unknown[]
): IngestCase {
	const calls = [...embeddingIndex(...processors), bulk(indexing(...sources))];
	return { name, calls };
}

function indexing(...sources: unknown[]): unknown[] {
	return sources.flatMap((source, position) => [
		{ index: { _id: `${position + 1}` } },
		source,
	]);
}

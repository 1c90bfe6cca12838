import type { LoadGenerator, LoadResult } from "../runtime/load.ts";
import { bulkCalls } from "./bulk-calls.ts";
import { bulkClients, bulkDocuments } from "./plan.ts";
import type { Rest } from "./rest.ts";
import { VectorIndex } from "./vector-index.ts";

/** What every load of bulks asks for: no item may fail. */
export const bulkTerms = {
	clients: bulkClients,
	contentType: "application/x-ndjson",
	mustHold: '"errors":false',
};

/** What sends bulks to one server after the other, each on a machine at rest. */
export interface BulkSender {
	load: LoadGenerator;
	rest: Rest;
}

/** Documents with a text each, to be written through a pipeline that gives them vectors. */
export interface EmbeddingLoad {
	/** The server's, without a path. */
	url: string;
	pipeline: string;
	texts: readonly string[];
}

/** Writes texts into an index of their own. @returns documents a second */
export async function embeddingRate(
	{ load, rest }: BulkSender,
	{ url, pipeline, texts }: EmbeddingLoad,
): Promise<number> {
	return VectorIndex.use(url, pipeline, async (index) => {
		const documents = texts.map((text) => ({ source: { text } }));
		const calls = bulkCalls(index.name, documents, bulkDocuments);
		await rest.wait();
		const result = await load.run({ url, calls, ...bulkTerms });
		await index.requireVectors(texts.length);
		return documentRate(texts.length, result);
	});
}

/** Documents a second. */
export function documentRate(
	documents: number,
	{ elapsedMs }: LoadResult,
): number {
	return (documents * 1_000) / elapsedMs;
}

import type { PreparedDocument } from "../../ingest/document.ts";
import type { GuardedPipeline } from "../../ingest/guard.ts";

/** A document with the guarded pipelines it has to go through, and where it is going. */
export interface DocumentToEmbed {
	document: PreparedDocument;
	guards: readonly GuardedPipeline[];
	index: string | undefined;
	id: string | undefined;
}

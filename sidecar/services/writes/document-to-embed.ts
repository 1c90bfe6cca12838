import type { PreparedDocument } from "../../../ingest/document.ts";
import type { Step } from "../../../ingest/step.ts";

/** A document with the steps it has to go through, and where it is going. */
export interface DocumentToEmbed {
	document: PreparedDocument;
	steps: readonly Step[];
	index: string | undefined;
	id: string | undefined;
	/** Where the stored document is to be looked for, unless its id says so. */
	routing?: string | undefined;
}

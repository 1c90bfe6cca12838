import type { Failure } from "../../../ingest/failure.ts";
import type { ShownParameters } from "../../../ingest/updates/shown-source.ts";
import type { WriteRequest } from "./write-request.ts";

/** An update of one document, in a request of its own. */
export interface UpdateRequest extends WriteRequest {
	index: string;
	id: string;
	routing: string | undefined;
	/** Whether the URL says which version of the document is meant. */
	isConditional: boolean;
	/** Attempts after a conflict, where the client says how many. */
	retries: number | undefined;
	/** Path and query, percent-encoded, under which the document can be read by an update. */
	readUrl: string;
	/** What the URL says of the document in the answer. */
	shown: ShownParameters;
}

/** An update as it goes to OpenSearch. */
export interface PreparedUpdate {
	body: string | Buffer;
	/** It is made for the document as it was read: where that has changed, it has to be made anew. */
	pinned: boolean;
	/** Why a step failed on the document, which its pipeline will raise. */
	failure?: Failure | undefined;
	/** Why nothing could be made of the document; its pipeline refuses it. */
	refusal?: string;
}

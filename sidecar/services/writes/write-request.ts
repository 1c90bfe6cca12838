import type { TruncatedTexts } from "../truncated-texts.ts";
import type { ClientCall } from "./client-call.ts";

/** Where a write request wants its documents to go, unless they say so themselves. */
export interface WriteTarget {
	index: string | undefined;
	pipeline: string | undefined;
	routing?: string | undefined;
}

/** What a write request says about all of its documents. */
export interface WriteRequest extends WriteTarget {
	signal: AbortSignal;
	/** Time for each call to a model, milliseconds, where the client gave one. */
	timeoutMs: number | undefined;
	/** Is told of every text that was cut; complete when the last byte to send is there. */
	truncated: TruncatedTexts;
	/** Asks OpenSearch in the client's name. */
	call: ClientCall;
}

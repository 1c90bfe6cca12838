/** A call to OpenSearch, answered in JSON whatever the client accepts. */
export interface CallToOpenSearch {
	method: string;
	/** Path and query, percent-encoded. */
	url: string;
	/** JSON, or lines of it. */
	body?: string;
	/** Whose abortion ends the call; the client's leaving ends it in any case. */
	signal?: AbortSignal;
}

export type AnswerHeaders = Readonly<Record<string, string | string[]>>;

export interface CallAnswer {
	status: number;
	/** Those for the client, but for what describes the body. */
	headers?: AnswerHeaders;
	body: string;
}

/**
 * Calls OpenSearch in the name of the client whose request is being worked on, with its rights and no others.
 *
 * @throws SidecarError where there is no answer
 */
export type ClientCall = (call: CallToOpenSearch) => Promise<CallAnswer>;

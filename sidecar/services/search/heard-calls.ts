import type { AnswerHeaders, ClientCall } from "../writes/client-call.ts";

/** A client's calls, and what OpenSearch says beside the bodies of its answers. */
export class HeardCalls {
	readonly #call: ClientCall;
	#lastHeaders: AnswerHeaders = {};

	constructor(call: ClientCall) {
		this.#call = call;
	}

	/** Those of the answer that came last. */
	get lastHeaders(): AnswerHeaders {
		return this.#lastHeaders;
	}

	readonly call: ClientCall = async (asked) => {
		const answer = await this.#call(asked);
		this.#lastHeaders = answer.headers ?? {};
		return answer;
	};
}

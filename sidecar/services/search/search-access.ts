import { RefusedCall, type SidecarError } from "../../errors.ts";
import type { ClientCall } from "../writes/client-call.ts";

const nothingSearched = '{"size":0,"query":{"match_none":{}}}';

/**
 * What a search says of fields and models, be it in an error, comes of the sidecar's own reading: it is only for who may
 * search there.
 */
export class SearchAccess {
	readonly #call: ClientCall;
	/** OpenSearch's refusals by the indices that searches name; as many as the searches of one request. */
	readonly #refusals = new Map<
		string | undefined,
		Promise<RefusedCall | undefined>
	>();

	/** @param call in the client's name */
	constructor(call: ClientCall) {
		this.#call = call;
	}

	/**
	 * OpenSearch's refusal of a search; undefined for a client that may search, and where there is nothing to search.
	 *
	 * @param target the indices that the search names; undefined where it names none
	 */
	refusal(target: string | undefined): Promise<RefusedCall | undefined> {
		const known = this.#refusals.get(target) ?? this.#ask(target);
		this.#refusals.set(target, known);
		return known;
	}

	/** What a client hears of a search that can't be run. */
	async shown(
		error: SidecarError | RefusedCall,
		target: string | undefined,
	): Promise<SidecarError | RefusedCall> {
		if (error instanceof RefusedCall) return error;
		return (await this.refusal(target)) ?? error;
	}

	async #ask(target: string | undefined): Promise<RefusedCall | undefined> {
		const indices =
			target === undefined ? "" : `/${encodeURIComponent(target)}`;
		const answer = await this.#call({
			method: "POST",
			url: `${indices}/_search?ignore_unavailable=true`,
			body: nothingSearched,
		});
		return answer.status === 401 || answer.status === 403
			? new RefusedCall(answer)
			: undefined;
	}
}

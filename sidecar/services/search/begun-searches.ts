import { setImmediate } from "node:timers/promises";
import { RefusedCall, SidecarError } from "../../errors.ts";
import type { SubAnswer, SubFailure } from "../../search/hybrid/sub-answer.ts";
import { linesOf, type SubSearch } from "../../search/hybrid/sub-search.ts";
import type { ClientCall } from "../writes/client-call.ts";
import { runSubSearches } from "./sub-searches.ts";

/** Answers that are known or will be, by the search in the form in which it is sent. */
type Answers = ReadonlyMap<string, Promise<SubAnswer | SubFailure>>;

const none: Answers = new Map();

/**
 * Sub-searches that run while models read the texts of the others. Those of one search are held, each bounded by what is
 * read of OpenSearch's answer at most.
 */
export class BegunSearches {
	readonly #ending = new AbortController();
	readonly #answers: Promise<Answers>;
	#isDone = false;

	/**
	 * @param find says what to run. Where it fails, nothing runs early: whatever makes the whole search fails by the same
	 * @param call in the client's name
	 */
	constructor(
		find: (call: ClientCall) => Promise<readonly SubSearch[]>,
		call: ClientCall,
	) {
		const { signal } = this.#ending;
		this.#answers = begin(find, (asked) => call({ ...asked, signal }));
		// Nobody may ask for the answers: the models may fail.
		this.#answers.catch(() => undefined);
	}

	/** Runs those searches that do not run already. @returns what each has found, or why it has failed */
	async complete(
		searches: readonly SubSearch[],
		call: ClientCall,
	): Promise<(SubAnswer | SubFailure)[]> {
		const begun = await this.#begun();
		const known = searches.map((search) => begun.get(linesOf(search)));
		const rest = searches.filter((_, place) => !known[place]);
		const [answers, found] = await Promise.all([
			runSubSearches(rest, call),
			Promise.all(known),
		]);
		this.#isDone = searches.length - rest.length === begun.size;
		const others = answers.values();
		return found.flatMap((answer) => answer ?? others.next().value ?? []);
	}

	/** Ends what is still running. */
	end(): void {
		if (this.#isDone) return;
		this.#ending.abort(new Error("Nobody waits for the sub-queries any more"));
	}

	async #begun(): Promise<Answers> {
		try {
			return await this.#answers;
		} catch (error) {
			if (error instanceof SidecarError || error instanceof RefusedCall)
				return none;
			throw error;
		}
	}
}

async function begin(
	find: (call: ClientCall) => Promise<readonly SubSearch[]>,
	call: ClientCall,
): Promise<Answers> {
	// What a model has to do is on its way then: it takes longer than what is begun here.
	await setImmediate();
	const searches = await find(call);
	const answers = runSubSearches(searches, call);
	return new Map(
		searches.map((search, place) => {
			const answer = answerAt(answers, place);
			// As above.
			answer.catch(() => undefined);
			return [linesOf(search), answer];
		}),
	);
}

async function answerAt(
	answers: Promise<readonly (SubAnswer | SubFailure)[]>,
	place: number,
): Promise<SubAnswer | SubFailure> {
	const answer = (await answers)[place];
	if (!answer) throw new SidecarError("internal", "a sub-query has no answer");
	return answer;
}

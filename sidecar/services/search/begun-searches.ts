import { setImmediate } from "node:timers/promises";
import { RefusedCall, SidecarError } from "../../errors.ts";
import { linesOf, type SubSearch } from "../../search/hybrid/sub-search.ts";
import type { ClientCall } from "../writes/client-call.ts";
import {
	runSubSearches,
	type SubAnswers,
	sendSubSearches,
} from "./sub-searches.ts";

interface Begun {
	/** Their searches, in the form in which they are sent. */
	lines: readonly string[];
	/** Resolves when OpenSearch has answered. */
	read: Promise<() => SubAnswers>;
}

const none: Begun = { lines: [], read: Promise.resolve(() => []) };

/**
 * Sub-searches that run while models read the texts of the others. Those of one search are held, each bounded by what is
 * read of OpenSearch's answer at most.
 */
export class BegunSearches {
	readonly #ending = new AbortController();
	readonly #searches: Promise<Begun>;
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
		this.#searches = begin(find, (asked) => call({ ...asked, signal }));
		// Nobody may ask for the answers: the models may fail.
		this.#searches.catch(() => undefined);
	}

	/** Runs those searches that do not run already. @returns what each has found, or why it has failed */
	async complete(
		searches: readonly SubSearch[],
		call: ClientCall,
	): Promise<SubAnswers> {
		const { lines, read } = await this.#begun();
		const places = searches.map((search) => lines.indexOf(linesOf(search)));
		const rest = searches.filter((_, place) => places[place] === -1);
		const [others, known] = await Promise.all([
			runSubSearches(rest, call),
			readLater(read),
		]);
		this.#isDone = searches.length - rest.length === lines.length;
		const answers = others.values();
		return places.flatMap(
			(place) => known[place] ?? answers.next().value ?? [],
		);
	}

	/** Ends what is still running. */
	end(): void {
		if (this.#isDone) return;
		this.#ending.abort(new Error("Nobody waits for the sub-queries any more"));
	}

	async #begun(): Promise<Begun> {
		try {
			return await this.#searches;
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
): Promise<Begun> {
	// What a model has to do is on its way then: it takes longer than what is begun here.
	await setImmediate();
	const searches = await find(call);
	const read = sendSubSearches(searches, call);
	// As above.
	read.catch(() => undefined);
	return { lines: searches.map(linesOf), read };
}

/** OpenSearch works on the others while these are read. */
async function readLater(read: Promise<() => SubAnswers>): Promise<SubAnswers> {
	const readNow = await read;
	await setImmediate();
	return readNow();
}

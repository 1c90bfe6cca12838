import { SidecarError } from "../../errors.ts";
import {
	membersJson,
	type RawMembers,
	rawElements,
	rawMembers,
} from "../raw-json.ts";
import { AnswerHit, scoreJson } from "./answer-hit.ts";

/** Something that is done to a search's answer before the client gets it. */
export type AnswerStep = (answer: SearchAnswer) => Promise<void>;

/** An answer after all its steps, one after the other; what has no hits, as an error, stays as it is. */
export async function changedAnswer(
	text: string,
	steps: readonly AnswerStep[],
): Promise<string> {
	const answer = steps.length > 0 ? SearchAnswer.parse(text) : undefined;
	if (!answer) return text;
	for (const step of steps) await step(answer);
	return answer.render();
}

/**
 * An answer of `_search`, or one of those in an answer of `_msearch`. Its hits can be put in another order, left out and
 * changed; everything else stays to the byte. Whoever reads the answer bounds it: SIDECAR_ANSWER_LIMIT.
 */
export class SearchAnswer {
	readonly #text: string;
	readonly #members: RawMembers;
	readonly #part: RawMembers;
	#hits: readonly AnswerHit[];
	#changed = false;

	private constructor(
		text: string,
		{ members, part }: { members: RawMembers; part: RawMembers },
		hits: readonly AnswerHit[],
	) {
		this.#text = text;
		this.#members = members;
		this.#part = part;
		this.#hits = hits;
	}

	/** Undefined for an answer without hits, as an error is, and for what is no JSON object. */
	static parse(text: string): SearchAnswer | undefined {
		try {
			const members = rawMembers(text);
			const part = rawMembers(members.get("hits") ?? "");
			const list = part.get("hits");
			if (list === undefined) return undefined;
			const hits = rawElements(list).map((hit) => new AnswerHit(hit));
			return new SearchAnswer(text, { members, part }, hits);
		} catch (error) {
			if (error instanceof SidecarError) return undefined;
			throw error;
		}
	}

	get hits(): readonly AnswerHit[] {
		return this.#hits;
	}

	set hits(hits: readonly AnswerHit[]) {
		this.#hits = hits;
		this.#changed = true;
	}

	set maxScore(score: number) {
		this.#part.set("max_score", scoreJson(score));
		this.#changed = true;
	}

	/** Says that there may be more to find than was looked for. */
	setTimedOut(): void {
		this.#members.set("timed_out", "true");
		this.#changed = true;
	}

	render(): string {
		if (!this.#changed && !this.#hits.some(({ isChanged }) => isChanged))
			return this.#text;
		const hits = this.#hits.map((hit) => hit.render());
		const part = new Map(this.#part).set("hits", `[${hits.join(",")}]`);
		return membersJson(new Map(this.#members).set("hits", membersJson(part)));
	}
}

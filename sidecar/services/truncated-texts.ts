import type { InputFacts } from "../runtime/model-result.ts";

/** How many of the texts of one client's request were cut at a model's window. */
export class TruncatedTexts {
	#count = 0;

	get count(): number {
		return this.#count;
	}

	/** Takes what models made of some of the texts. */
	note(results: readonly Pick<InputFacts, "truncated">[]): void {
		for (const { truncated } of results) if (truncated) this.#count++;
	}
}

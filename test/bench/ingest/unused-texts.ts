/** Texts of which each is handed out once, so that no vector of theirs is kept anywhere yet. */
export class UnusedTexts {
	readonly #texts: readonly string[];
	#next = 0;

	constructor(texts: readonly string[]) {
		this.#texts = texts;
	}

	/** @throws where there are not so many left */
	take(count: number): readonly string[] {
		const end = this.#next + count;
		if (end > this.#texts.length)
			throw new Error(
				`${count} texts wanted, ${this.#texts.length - this.#next} left`,
			);
		const taken = this.#texts.slice(this.#next, end);
		this.#next = end;
		return taken;
	}
}

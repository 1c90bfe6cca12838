import { lengthOf, type ModelInput } from "./model-result.ts";

/** What is known of a text that has been run. */
export interface PacedRun {
	/** UTF-16 units. */
	characters: number;
	tokens: number;
	truncated: boolean;
	/** Its part of the time that the run took, microseconds. */
	micros: number;
}

/** English prose has some 4.4 characters a token; the first texts that are run tell better. */
const firstCharactersPerToken = 4;

/** MiniLM's, in fp32, on one processor. */
const firstMicrosPerToken = 300;

/** Special tokens around a text. */
const specialTokens = 2;

/** What a text that is run changes of what is known: half of it is from the last 70. */
const weight = 0.01;

/** How many tokens texts have, and how long a model takes for a token: guessed at first, then learned from runs. */
export class Pace {
	#charactersPerToken = firstCharactersPerToken;
	#microsPerToken = firstMicrosPerToken;

	/** Tokens that an input probably has, at most `window`. */
	tokensOf(input: ModelInput, window: number): number {
		const tokens = Math.ceil(lengthOf(input) / this.#charactersPerToken);
		return Math.min(window, specialTokens + tokens);
	}

	/** Time that so many tokens take where `atOnce` runs go on at the same time, milliseconds. */
	timeFor(tokens: number, atOnce: number): number {
		return (tokens * this.#microsPerToken) / Math.max(1, atOnce) / 1_000;
	}

	learn({ characters, tokens, truncated, micros }: PacedRun): void {
		if (tokens === 0) return;
		this.#microsPerToken += weight * (micros / tokens - this.#microsPerToken);
		// Of a text that was cut it is not known how many tokens all of it has.
		if (truncated || tokens <= specialTokens || characters === 0) return;
		const found = characters / (tokens - specialTokens);
		this.#charactersPerToken += weight * (found - this.#charactersPerToken);
	}
}

import { SidecarError } from "../errors.ts";
import type { Lane } from "./lanes.ts";

/** What one lane of a model holds, or may hold. */
export interface Load {
	inputs: number;
	/** Estimated. */
	tokens: number;
	/** UTF-16 units. */
	characters: number;
}

/** The longest input that is taken at all, UTF-16 units: a frame holds no more. */
export const longestInput = 256 * 1024 * 1024;

/**
 * What a lane of a model's queue holds, of what it may hold. Each lane is counted for itself: documents that wait
 * must never turn a query away. Inputs bound the objects of the queue, characters its memory, tokens the time that
 * is spent in it. One call alone in its lane may have more tokens and characters than the limit.
 */
export class LaneRoom {
	readonly #lane: Lane;
	readonly #held: Load = { inputs: 0, tokens: 0, characters: 0 };
	#limits: Load;

	constructor(lane: Lane, limits: Load) {
		this.#lane = lane;
		this.#limits = limits;
	}

	get held(): Readonly<Load> {
		return this.#held;
	}

	/** For what comes from now on. */
	limit(limits: Load): void {
		this.#limits = limits;
	}

	/** @throws SidecarError too_large for what can't be let in at any time */
	checkPossible(load: Load, longest: number): void {
		if (longest > longestInput)
			throw new SidecarError(
				"too_large",
				`a text has ${longest} characters; ${longestInput} are the most`,
			);
		if (load.inputs > this.#limits.inputs)
			throw new SidecarError(
				"too_large",
				`the request has ${load.inputs} texts; the model's queue holds ${this.#limits.inputs}`,
			);
	}

	/** Whether there is room for it now. */
	fits({ inputs, tokens, characters }: Load): boolean {
		const { inputs: most, ...limits } = this.#limits;
		const held = this.#held;
		return (
			held.inputs + inputs <= most &&
			(held.inputs === 0 ||
				(held.tokens + tokens <= limits.tokens &&
					held.characters + characters <= limits.characters))
		);
	}

	/** @param retryAfterMs when there will probably be room */
	full(retryAfterMs: number): SidecarError {
		const { inputs, tokens, characters } = this.#held;
		const most = this.#limits;
		return new SidecarError(
			"too_many_requests",
			`the model's ${this.#lane} queue is full: ${inputs} texts with some ${tokens} tokens and ${characters} characters wait; ${most.inputs}, ${most.tokens} and ${most.characters} are the most`,
			{ retryAfterMs },
		);
	}

	enter({ inputs, tokens, characters }: Load): void {
		this.#held.inputs += inputs;
		this.#held.tokens += tokens;
		this.#held.characters += characters;
	}

	leave({ inputs, tokens, characters }: Load): void {
		this.enter({
			inputs: -inputs,
			tokens: -tokens,
			characters: -characters,
		});
	}
}

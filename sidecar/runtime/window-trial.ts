import { SidecarError } from "../errors.ts";
import { refusalOf } from "./messages.ts";

/** Runs a graph on an empty batch of texts of so many tokens. */
export type EmptyRun = (tokens: number) => Promise<void>;

export interface WindowTrialOptions {
	/** Tokens that have been run already. */
	known: number;
	/** Milliseconds. */
	now: () => number;
}

/**
 * The longest that a length may take if a longer one is to be tried, milliseconds. Each is twice the last one, so
 * what is made for pairs of tokens grows fourfold: 40 ms touch some 100 MB at most, and so the next one some 400 MB.
 */
const longestTrialMs = 40;

/** Of any model, so that a failure with it is not about positions. */
const fewTokens = 3;

/**
 * Finds out whether a model has as many positions as its window, without the time and the memory that a text of that
 * length takes: in an empty batch every node runs and none has anything to do, except where the length alone
 * says what comes out, which is where a table of positions ends. Lengths are doubled from the known one, until one
 * takes long: some models make something of every pair of positions. Nothing is said about a graph that takes
 * no empty batch, or reads its positions from the tokens, as RoBERTa's do: those show at a text that long.
 *
 * Throws `bad_request` with the length that could not be run.
 */
export async function tryWindow(
	window: number,
	run: EmptyRun,
	{ known, now }: WindowTrialOptions,
): Promise<void> {
	if (window <= known || !(await takesNone(run))) return;
	for (let tokens = known; tokens < window; ) {
		tokens = Math.min(tokens * 2, window);
		const start = now();
		try {
			await run(tokens);
		} catch (cause) {
			throw cannotRun(tokens, window, cause);
		}
		if (now() - start > longestTrialMs) return;
	}
}

/** Why a model is refused that failed with so many tokens. */
export function cannotRun(
	tokens: number,
	window: number,
	cause: unknown,
): SidecarError {
	return new SidecarError(
		"bad_request",
		`the model cannot run a text of ${tokens} tokens, and its window is ${window}: ${refusalOf(cause).reason}`,
		{ cause },
	);
}

async function takesNone(run: EmptyRun): Promise<boolean> {
	return run(fewTokens).then(
		() => true,
		() => false,
	);
}

import { setTimeout } from "node:timers/promises";
import { mayPass } from "../errors.ts";

/** Waits before the second attempt and those after it, milliseconds. */
const waits = [250, 1_000, 4_000];

/** Between two attempts of what goes on until it is done, after these, milliseconds. */
const longestWait = 5_000;

/** Does something that may be done twice again while OpenSearch has too much to do, or is away for a moment. */
export async function retrying<T>(
	signal: AbortSignal,
	work: () => Promise<T>,
): Promise<T> {
	for (const wait of waits) {
		try {
			return await work();
		} catch (error) {
			if (!mayPass(error)) throw error;
			await waitFor(wait, signal);
		}
	}
	return work();
}

/**
 * Does something that may be done twice until it succeeds, or the signal ends it: then one last attempt is made.
 *
 * @param failed told each error that another attempt follows
 */
export async function untilDone<T>(
	signal: AbortSignal,
	work: () => Promise<T>,
	failed: (error: unknown) => void,
): Promise<T> {
	for (let attempt = 0; !signal.aborted; attempt++) {
		try {
			return await work();
		} catch (error) {
			failed(error);
			await waitFor(waits[attempt] ?? longestWait, signal);
		}
	}
	return work();
}

/** The signal is no error: it ends the wait. */
async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
	await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}

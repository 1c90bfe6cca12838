import { setTimeout } from "node:timers/promises";
import { SidecarError } from "../errors.ts";

/** Waits before the second attempt and those after it, milliseconds. */
const waits = [250, 1_000, 4_000];

const passing = [
	"upstream_unavailable",
	"upstream_timeout",
	"too_many_requests",
];

/** Does something that may be done twice again while OpenSearch has too much to do, or is away for a moment. */
export async function retrying<T>(
	signal: AbortSignal,
	work: () => Promise<T>,
): Promise<T> {
	for (const wait of waits) {
		try {
			return await work();
		} catch (error) {
			if (!(error instanceof SidecarError && passing.includes(error.code)))
				throw error;
			// A signal is no error: the last attempt is made at once then.
			await setTimeout(wait, undefined, { signal }).catch(() => undefined);
		}
	}
	return work();
}

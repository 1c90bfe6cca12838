/** Calls that the sidecar answers in another way than ml-commons, by the reason for it. */
const byReason: Readonly<Record<string, readonly string[]>> = {};

/** Call to the reason for which its answer differs. */
export const differences: ReadonlyMap<string, string> = new Map(
	Object.entries(byReason).flatMap(([reason, calls]) =>
		calls.map((call) => [call, reason] as const),
	),
);

/** Scenarios and calls of routes that are not there yet. */
export const pending: readonly string[] = [];

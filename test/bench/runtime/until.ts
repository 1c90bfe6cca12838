import { setTimeout as wait } from "node:timers/promises";

const pollMs = 10;

/** Waits until something is so. @throws if that takes longer than two minutes */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
	const signal = AbortSignal.timeout(120_000);
	while (!(await isSo())) await wait(pollMs, undefined, { signal });
}

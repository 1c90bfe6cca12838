import { setPriority } from "node:os";

/** Of 19, on Linux a third of the processor time that a neighbour gets who wants it too. */
const niceness = 5;

/**
 * Lets the threads of this process run after those of others where there are too few processors: a bulk that is embedded
 * leaves the proxy and OpenSearch quick to answer. Where that is not allowed, all are equal.
 */
export function giveWay(): void {
	try {
		setPriority(niceness);
	} catch (error) {
		console.error(`the process keeps its priority: ${String(error)}`);
	}
}

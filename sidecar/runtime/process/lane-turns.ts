import type { Lane } from "../lanes.ts";

/** The part of the time that ingest gets of what it shares with searches, at least. */
const ingestShare = 0.1;

/** What one run changes of a lane's usual time. */
const weight = 0.1;

/**
 * Whose turn it is where both lanes have something to run: searches go first, but for every nine parts of the time
 * that they take while ingest waits, ingest gets one.
 */
export class LaneTurns {
	/** Of ingest, while it waited, microseconds. */
	#owed = 0;
	/** Of a run, microseconds. */
	readonly #usual: Record<Lane, number> = { search: 0, ingest: 0 };

	/** Whether searches wait noticeably longer when they wait for a run of ingest. */
	get ingestIsLong(): boolean {
		const { search, ingest } = this.#usual;
		return ingest > 2 * search;
	}

	/** The lane that goes first, where both wait. */
	next(): Lane {
		return this.#owed > 0 && this.#owed >= this.#usual.ingest
			? "ingest"
			: "search";
	}

	/** A run has ended. */
	ran(lane: Lane, micros: number, ingestWaits: boolean): void {
		this.#usual[lane] ||= micros;
		this.#usual[lane] += weight * (micros - this.#usual[lane]);
		if (lane === "ingest") this.#owed = Math.max(0, this.#owed - micros);
		else if (ingestWaits)
			this.#owed += micros * (ingestShare / (1 - ingestShare));
		if (!ingestWaits) this.#owed = 0;
	}
}

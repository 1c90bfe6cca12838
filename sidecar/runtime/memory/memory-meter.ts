import type { Logger } from "pino";
import type { ModelSpec, ModelStats } from "../model-spec.ts";
import { hasCode } from "../system-error.ts";
import { MemoryRecord } from "./memory-record.ts";

/** A model whose process says what it has in memory. */
export interface MeasuredModel {
	readonly spec: ModelSpec;
	stats(): Pick<ModelStats, "allocations" | "residentBytes">;
}

interface Measured {
	/** Allocations and threads that the highest value is of. */
	allocations: number;
	threads: number;
	/** The most that the process had in memory since it runs with them; 0 until it was seen complete. */
	highest: number;
	/** What is on record of it. */
	recorded: number;
}

/** A value that differs by less is not worth a record. */
const tolerance = 0.05;

/**
 * What models' processes really have in memory. It is the most that was seen of them: a process that has given some
 * back, or was swapped out, will want it again.
 */
export class MemoryMeter {
	readonly #logger: Logger;
	readonly #measured = new WeakMap<MeasuredModel, Measured>();
	#isReadOnly = false;
	/** The end of the last record that has been begun. */
	#recording: Promise<void> = Promise.resolve();

	constructor(logger: Logger) {
		this.#logger = logger;
	}

	/**
	 * What counts for a model, bytes, and from the second look at it with all its allocations also on record.
	 *
	 * @param counted what counts now; it holds while allocations are still to come
	 */
	measure(model: MeasuredModel, counted: number): number {
		const { allocations, threadsPerAllocation: threads } = model.spec;
		const { allocations: running, residentBytes } = model.stats();
		const before = this.#measured.get(model);
		const isSame =
			before?.allocations === allocations && before.threads === threads;
		if (running < this.#awaited(model.spec) || residentBytes === 0) {
			// A restarted process has what it had; one with other allocations begins anew.
			if (!isSame) this.#measured.delete(model);
			return Math.max(counted, residentBytes);
		}
		if (!isSame) {
			// Its allocations are complete, but what it last said of itself may be older than that.
			const first = { allocations, threads, highest: 0, recorded: 0 };
			this.#measured.set(model, first);
			return Math.max(counted, residentBytes);
		}
		before.highest = Math.max(before.highest, residentBytes);
		const { highest, recorded } = before;
		if (Math.abs(highest - recorded) > tolerance * recorded) {
			before.recorded = highest;
			// One after the other: models of one content have one file.
			this.#recording = this.#recording.then(() =>
				this.#record(model, highest),
			);
		}
		return highest;
	}

	/** Resolves when nothing is being recorded. */
	settle(): Promise<void> {
		return this.#recording;
	}

	/** A model without a graph runs in its process's own thread. */
	#awaited({ functionName, allocations }: ModelSpec): number {
		return functionName === "SPARSE_TOKENIZE" ? 1 : allocations;
	}

	async #record({ spec }: MeasuredModel, bytes: number): Promise<void> {
		if (this.#isReadOnly) return;
		try {
			await new MemoryRecord(spec).write(bytes);
		} catch (err) {
			// The model's files have been deleted, and this with them.
			if (hasCode(err, ["ENOENT"])) return;
			// The next load is estimated instead: that is all there is to it, and said once.
			this.#isReadOnly = true;
			this.#logger.warn({ err }, "what models take of the memory is not kept");
		}
	}
}

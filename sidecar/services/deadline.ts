import { performance } from "node:perf_hooks";
import { SidecarError } from "../errors.ts";

/** The longest that a timer can wait, milliseconds: Node.js takes a longer time for none at all. */
const longestMs = 2 ** 31 - 1;

/** Until when a client waits for models. */
export class Deadline {
	/** On `performance.now()`'s clock. */
	readonly at: number;
	readonly #ms: number;

	private constructor(ms: number) {
		this.#ms = ms;
		this.at = performance.now() + Math.min(ms, longestMs);
	}

	/** So many milliseconds from now. */
	static after(ms: number): Deadline {
		return new Deadline(ms);
	}

	/** Milliseconds that are left, 0 once it has passed. */
	get remainingMs(): number {
		return Math.max(0, this.at - performance.now());
	}

	/** What somebody is told for whom a model came too late. */
	error(modelId: string, cause?: unknown): SidecarError {
		return new SidecarError(
			"timeout",
			`model ${modelId} gave no answer within ${this.#ms} ms`,
			{ cause },
		);
	}

	/**
	 * What comes of some work for a model; the work itself goes on.
	 *
	 * @throws SidecarError timeout where it is not there in time; what the work throws
	 */
	async hold<T>(modelId: string, work: Promise<T>): Promise<T> {
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_resolve, reject) => {
			timer = setTimeout(
				() => reject(this.error(modelId)),
				Math.ceil(this.remainingMs),
			);
		});
		try {
			return await Promise.race([work, late]);
		} finally {
			clearTimeout(timer);
		}
	}
}

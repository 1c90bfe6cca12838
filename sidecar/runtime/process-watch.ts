import type { ProcessStatus, ToProcess } from "./messages.ts";

/** A process that can be asked how it is doing. */
export interface Watched {
	send(message: ToProcess): void;
	kill(how: string): void;
}

/** Between two questions at most, milliseconds. */
const longestInterval = 2_000;

/**
 * Asks a process again and again how it is doing, remembers its memory, and ends it when it hangs: when one of its runs
 * goes on for too long, or when it gives no answer.
 */
export class ProcessWatch {
	residentBytes = 0;
	readonly #process: Watched;
	readonly #hangMs: number;
	readonly #intervalMs: number;
	readonly #timer: NodeJS.Timeout;
	#askedAt: number | undefined;
	#lookedAt = performance.now();

	/** @param hangMs a run or a silence longer than this is a hang */
	constructor(process: Watched, hangMs: number) {
		this.#process = process;
		this.#hangMs = hangMs;
		this.#intervalMs = Math.min(longestInterval, hangMs / 4);
		this.#timer = setInterval(() => this.#look(), this.#intervalMs).unref();
		this.#ask();
	}

	heard({ residentBytes, runningMs }: ProcessStatus): void {
		this.residentBytes = residentBytes;
		this.#askedAt = undefined;
		if (runningMs > this.#hangMs)
			this.#process.kill(
				`hung: a run took longer than ${this.#hangMs} ms, and it was ended`,
			);
	}

	stop(): void {
		clearInterval(this.#timer);
	}

	#look(): void {
		const now = performance.now();
		const wasBusy = now - this.#lookedAt > 2 * this.#intervalMs;
		this.#lookedAt = now;
		if (this.#askedAt === undefined) this.#ask();
		// While this process was busy itself, the answer may have come and not been read.
		else if (!wasBusy && now - this.#askedAt > this.#hangMs)
			this.#process.kill(
				`hung: it was silent for ${this.#hangMs} ms, and was ended`,
			);
	}

	#ask(): void {
		this.#askedAt = performance.now();
		this.#process.send({ kind: "ask" });
	}
}

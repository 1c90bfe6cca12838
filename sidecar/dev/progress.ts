import { SingleBar } from "cli-progress";

/** Where progress is written: a stream that may be a terminal. */
export interface ProgressStream extends NodeJS.WritableStream {
	isTTY?: boolean;
	columns?: number;
}

/** How far a counted step has come. */
export type Advance = (amount: number) => void;

/** A step of which it is known how much there is to do. */
export interface Counted {
	title: string;
	total: number;
	unit: string;
}

interface Counter {
	advance: Advance;
	stop(): void;
}

const eraseLine = "\r\u001b[K";

/**
 * What a person sees of a long job: a line for each step; on a terminal the running step shows as such, and a
 * counted one as a bar. Elsewhere only whole lines are written, a counted step one at each tenth.
 */
export class Progress {
	readonly #stream: ProgressStream;
	readonly #now: () => number;
	#running: string | undefined;

	/** @param now the time in milliseconds. */
	constructor(
		stream: ProgressStream,
		now: () => number = () => performance.now(),
	) {
		this.#stream = stream;
		this.#now = now;
	}

	/** Columns of the terminal, or a width that is read well in a file. */
	get width(): number {
		return this.#stream.columns ?? 100;
	}

	/** Lines of their own, with nothing before them. */
	write(text = ""): void {
		this.#aroundRunning(() => this.#stream.write(`${text}\n`));
	}

	/** A detail of the running step. */
	detail(text: string): void {
		this.write(`    ${text}`);
	}

	/** A line for something that was done already. */
	done(text: string): void {
		this.write(`  ✓ ${text}`);
	}

	/** Runs a step; `done` says in a line what came of it, and the time it took is added. */
	async step<T>(
		title: string,
		run: () => Promise<T>,
		done: (value: T) => string,
	): Promise<T> {
		const start = this.#now();
		this.#begin(title);
		let value: T;
		try {
			value = await run();
		} finally {
			this.#end();
		}
		this.#took(done(value), start);
		return value;
	}

	/** Runs a step that counts up to a total. */
	async count<T>(
		counted: Counted,
		run: (advance: Advance) => Promise<T>,
		done: (value: T) => string,
	): Promise<T> {
		const start = this.#now();
		const counter = this.#stream.isTTY
			? this.#bar(counted)
			: this.#lines(counted);
		let value: T;
		try {
			value = await run(counter.advance);
		} finally {
			counter.stop();
		}
		this.#took(done(value), start);
		return value;
	}

	#bar({ title, total, unit }: Counted): Counter {
		const bar = new SingleBar({
			stream: this.#stream,
			format: `  … ${title} [{bar}] {value}/{total} ${unit}, {eta_formatted} left`,
			formatValue: (value, _, type) =>
				type === "value" || type === "total"
					? wholeNumber(value)
					: String(value),
			barsize: Math.max(10, Math.min(30, this.width - 70)),
			barCompleteChar: "=",
			barIncompleteChar: " ",
			etaBuffer: 50,
			clearOnComplete: true,
			gracefulExit: false,
		});
		bar.start(total, 0);
		return {
			advance: (amount) => bar.increment(amount),
			stop: () => bar.stop(),
		};
	}

	#lines({ title, total, unit }: Counted): Counter {
		let value = 0;
		this.write(`  … ${title}`);
		return {
			advance: (amount) => {
				const before = Math.floor((10 * value) / total);
				value += amount;
				const now = Math.floor((10 * value) / total);
				if (now === before || now >= 10) return;
				this.detail(
					`${now * 10} % (${wholeNumber(value)} of ${wholeNumber(total)} ${unit})`,
				);
			},
			stop: () => undefined,
		};
	}

	#begin(title: string): void {
		const line = `  … ${title}`;
		if (this.#stream.isTTY) {
			// A line that wraps could not be erased.
			this.#running = line.slice(0, this.width - 1);
			this.#stream.write(this.#running);
		} else {
			this.write(line);
		}
	}

	#end(): void {
		if (this.#running === undefined) return;
		this.#running = undefined;
		this.#stream.write(eraseLine);
	}

	#took(text: string, start: number): void {
		const seconds = ((this.#now() - start) / 1000).toFixed(1);
		this.done(`${text} · ${seconds} s`);
	}

	#aroundRunning(write: () => void): void {
		if (this.#running !== undefined) this.#stream.write(eraseLine);
		write();
		if (this.#running !== undefined) this.#stream.write(this.#running);
	}
}

function wholeNumber(value: number): string {
	return value.toLocaleString("en", { maximumFractionDigits: 0 });
}

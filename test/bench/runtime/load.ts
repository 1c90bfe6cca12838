import { BenchThread } from "./bench-thread.ts";

export interface LoadCall {
	method: "GET" | "POST";
	path: string;
	body?: string;
}

/** Requests that clients send, each the next one as soon as it has an answer. */
export interface Load {
	/** The server's, without a path. */
	url: string;
	calls: readonly LoadCall[];
	/** Connections, each with one request at a time. */
	clients: number;
	/** The last call is followed by the first. */
	endless: boolean;
	/** No request is begun after that, milliseconds. */
	mostMs: number;
	contentType: string;
	/** What every answer has to hold besides its status of 200. */
	mustHold?: string;
	/** One Int32: another value than 0 ends it, as if its time were over. */
	stop: SharedArrayBuffer;
}

export interface LoadResult {
	/** Of each request, from its first byte to the answer's last, milliseconds. */
	latencies: readonly number[];
	elapsedMs: number;
	/** Answers that were not 200, or did not hold what they must. */
	failed: number;
	/** What the first of them said. */
	failures: readonly string[];
}

type LoadOptions = Pick<Load, "url" | "calls"> &
	Partial<Omit<Load, "url" | "calls" | "stop">>;

/** A load that goes on until it is ended. */
export interface RunningLoad {
	end(): Promise<LoadResult>;
}

/** Sends requests from a thread of its own, so that what else this process does is not in the figures. */
export class LoadGenerator {
	readonly #thread: BenchThread<Load, LoadResult>;

	private constructor(thread: BenchThread<Load, LoadResult>) {
		this.#thread = thread;
	}

	static async start(): Promise<LoadGenerator> {
		return new LoadGenerator(
			await BenchThread.start(new URL("./load-thread.ts", import.meta.url)),
		);
	}

	/** One client that sends each call once, if nothing else is said. @throws if a request failed */
	run(options: LoadOptions): Promise<LoadResult> {
		return this.#run(options, new SharedArrayBuffer(4));
	}

	/** The same without an end. */
	begin(options: LoadOptions): RunningLoad {
		const stop = new SharedArrayBuffer(4);
		const result = this.#run({ ...options, endless: true }, stop);
		// Whoever ends it is told; until then nobody listens.
		result.catch(() => undefined);
		return {
			end: () => {
				Atomics.store(new Int32Array(stop), 0, 1);
				return result;
			},
		};
	}

	end(): Promise<void> {
		return this.#thread.end();
	}

	async #run(
		options: LoadOptions,
		stop: SharedArrayBuffer,
	): Promise<LoadResult> {
		const result = await this.#thread.ask({
			clients: 1,
			endless: false,
			mostMs: 300_000,
			contentType: "application/json",
			...options,
			stop,
		});
		if (result.failed === 0) return result;
		throw new Error(
			`${result.failed} of ${result.latencies.length} requests to ${options.url} failed: ${result.failures.join("\n")}`,
		);
	}
}

/** Requests a second. */
export function rate({ latencies, elapsedMs }: LoadResult): number {
	return (latencies.length * 1000) / elapsedMs;
}

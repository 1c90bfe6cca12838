import { performance } from "node:perf_hooks";
import type { Batch, Batching } from "./batchings.ts";
import { BenchThread } from "./bench-thread.ts";

type Texts = readonly Int32Array[];

/** What a thread is asked; all but the last it answers with true. Every text is its token ids. */
export type RawQuestion =
	| { kind: "load"; modelPath: string }
	/** Makes the tensors of batches. */
	| { kind: "prepare"; batches: readonly Texts[] }
	/** Runs those batches that no other thread has taken; `cursor` is one Int32, the next batch's number. */
	| { kind: "run"; cursor: SharedArrayBuffer }
	/** Runs batches, and each of their texts alone: false if one has other bits then. */
	| { kind: "compare"; batches: readonly Texts[] };

/** Longer than anything here, and short enough for a timer. */
const unboundedMs = 600_000;

/** Batches of each way that are compared bit for bit, or a few more: of all lengths. */
const comparedBatches = 6;

/**
 * The best that a loop around onnxruntime-node does: tensors made beforehand, outputs thrown away, two threads with a
 * session of one thread each.
 */
export class RawLimit {
	readonly #threads: readonly BenchThread<RawQuestion, boolean>[];

	private constructor(threads: readonly BenchThread<RawQuestion, boolean>[]) {
		this.#threads = threads;
	}

	static async start(modelPath: string): Promise<RawLimit> {
		const file = new URL("./raw-thread.ts", import.meta.url);
		const limit = new RawLimit(
			await Promise.all([
				BenchThread.start<RawQuestion, boolean>(file),
				BenchThread.start<RawQuestion, boolean>(file),
			]),
		);
		await limit.#askAll({ kind: "load", modelPath });
		return limit;
	}

	/**
	 * How long texts take that are brought together so, milliseconds.
	 * @returns Infinity if that is more than `mostMs`
	 */
	async time(
		texts: Texts,
		batching: Batching,
		mostMs = unboundedMs,
	): Promise<number> {
		const batches = batching.make(texts.map(({ length }) => length));
		await this.#askAll({ kind: "prepare", batches: filled(texts, batches) });
		const cursor = new SharedArrayBuffer(4);
		const takeAll = () =>
			Atomics.store(new Int32Array(cursor), 0, batches.length);
		const start = performance.now();
		const over = setTimeout(takeAll, mostMs);
		await this.#askAll({ kind: "run", cursor });
		clearTimeout(over);
		const elapsed = performance.now() - start;
		return elapsed > mostMs ? Number.POSITIVE_INFINITY : elapsed;
	}

	/** Whether a sample of the texts, brought together so, has the same bits as each text alone. */
	async keepsBits(texts: Texts, batching: Batching): Promise<boolean> {
		const batches = batching
			.make(texts.map(({ length }) => length))
			.filter(({ length }) => length > 1);
		const step = Math.max(1, Math.floor(batches.length / comparedBatches));
		const sample = batches.filter((_, index) => index % step === 0);
		const [thread] = this.#threads;
		const question = {
			kind: "compare",
			batches: filled(texts, sample),
		} as const;
		return (await thread?.ask(question)) === true;
	}

	async end(): Promise<void> {
		await Promise.all(this.#threads.map((thread) => thread.end()));
	}

	async #askAll(question: RawQuestion): Promise<void> {
		await Promise.all(this.#threads.map((thread) => thread.ask(question)));
	}
}

function filled(texts: Texts, batches: readonly Batch[]): Texts[] {
	return batches.map((batch) => batch.flatMap((text) => texts[text] ?? []));
}

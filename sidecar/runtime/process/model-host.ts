import type { Socket } from "node:net";
import { FrameReader } from "../frames.ts";
import {
	decodeMessage,
	encodeMessage,
	type FromProcess,
	refusalOf,
	type ToProcess,
} from "../messages.ts";
import type { ModelOutput } from "../model-result.ts";
import type { ModelSpec } from "../model-spec.ts";
import { prepareModel } from "../preparation/prepared-model.ts";
import { shownReason } from "../shown-reason.ts";
import type { TextTokenizer } from "../tokenizer.ts";
import { Allocations } from "./allocations.ts";
import type { InferenceWorker } from "./inference-worker.ts";
import { residentMemory } from "./resident-memory.ts";
import { type FinishedRun, type Job, Scheduler } from "./scheduler.ts";
import { startModel } from "./start-model.ts";

/** A model's process: everything it is told comes over descriptor 3, and so does everything it answers. */
export class ModelHost {
	readonly #socket: Socket;
	readonly #worker: InferenceWorker;
	#scheduler: Scheduler | undefined;
	#allocations: Allocations | undefined;
	/** Threads that may run at a time. */
	#processors = 0;

	/** `worker` has no model yet. */
	constructor(socket: Socket, worker: InferenceWorker) {
		this.#socket = socket;
		this.#worker = worker;
		const reader = new FrameReader();
		socket.on("data", (chunk: Buffer) => {
			for (const frame of reader.push(chunk)) this.#take(decodeMessage(frame));
		});
	}

	#take(message: ToProcess | FromProcess): void {
		switch (message.kind) {
			case "load":
				void this.#load(message.spec);
				break;
			case "run":
				this.#scheduler?.submit(message);
				break;
			case "cancel":
				this.#scheduler?.cancel(message.id);
				break;
			case "promote":
				this.#scheduler?.promote(message.id);
				break;
			case "grant":
				this.#processors = message.processors;
				this.#scheduler?.allow(message.processors);
				break;
			case "adjust":
				void this.#allocations?.want(message);
				break;
			case "ask":
				void this.#sayStatus();
		}
	}

	async #load(spec: ModelSpec): Promise<void> {
		try {
			const started = await startModel(spec, this.#worker);
			const { tokenizer, runner, start, check, facts } = started;
			const scheduler = new Scheduler({
				tokenizer,
				runners: [runner],
				onRun: (job, run) => void this.#finish(job, run, tokenizer),
				onFailure: ({ id }, error) => this.#sayFailed(id, error),
				onAllowed: () =>
					this.#say({ kind: "granted", processors: this.#processors }),
			});
			this.#scheduler = scheduler;
			scheduler.allow(this.#processors);
			this.#say({ kind: "ready", facts });
			if (runner !== this.#worker) return;
			this.#allocations = new Allocations({
				spec,
				first: this.#worker,
				check,
				scheduler,
				onChange: (allocations) =>
					this.#say({ kind: "allocated", allocations }),
			});
			// The model serves meanwhile, and what is prepared of it takes less memory in each allocation.
			const prepared = start.isPrepared ? start : await prepareModel(spec);
			await this.#allocations.begin(prepared);
		} catch (error) {
			const { code, reason } = refusalOf(error);
			const shown = shownReason(reason, spec);
			// What clients are not told is for the log.
			if (shown !== reason) console.error(reason);
			this.#say({ kind: "refused", refusal: { code, reason: shown } });
		}
	}

	async #sayStatus(): Promise<void> {
		const residentBytes = await residentMemory();
		const since = this.#scheduler?.runningSince;
		const runningMs = since === undefined ? 0 : performance.now() - since;
		this.#say({ kind: "status", status: { residentBytes, runningMs } });
	}

	/** A span gets its words; everything else is said as it is, and at once. */
	async #finish(
		{ id }: Job,
		{ output, times, tokens }: FinishedRun,
		tokenizer: TextTokenizer,
	): Promise<void> {
		const { ids, truncated } = tokens;
		const facts = { tokens: ids.length, truncated };
		const say = (made: ModelOutput): void =>
			this.#say({ kind: "result", id, result: { ...made, ...facts }, times });
		if (output.kind !== "span") return say(output);
		try {
			const span = ids.subarray(output.start, output.end + 1);
			say({ kind: "answer", answer: await tokenizer.sentence(span) });
		} catch (error) {
			this.#sayFailed(id, error);
		}
	}

	#sayFailed(id: number, error: unknown): void {
		this.#say({ kind: "failed", id, refusal: refusalOf(error) });
	}

	#say(message: FromProcess): void {
		this.#socket.write(encodeMessage(message));
	}
}

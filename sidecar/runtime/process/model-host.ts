import type { Socket } from "node:net";
import { FrameReader } from "../frames.ts";
import {
	decodeMessage,
	encodeMessage,
	type FromProcess,
	refusalOf,
} from "../messages.ts";
import type { ModelOutput } from "../model-result.ts";
import type { ModelSpec } from "../model-spec.ts";
import { shownReason } from "../shown-reason.ts";
import type { TextTokenizer } from "../tokenizer.ts";
import type { InferenceWorker } from "./inference-worker.ts";
import { type FinishedRun, type Job, Scheduler } from "./scheduler.ts";
import { startModel, startOthers } from "./start-model.ts";

/** A model's process: everything it is told comes over descriptor 3, and so does everything it answers. */
export class ModelHost {
	readonly #socket: Socket;
	readonly #worker: InferenceWorker;
	#scheduler: Scheduler | undefined;

	/** `worker` has no model yet. */
	constructor(socket: Socket, worker: InferenceWorker) {
		this.#socket = socket;
		this.#worker = worker;
		const reader = new FrameReader();
		socket.on("data", (chunk: Buffer) => {
			for (const frame of reader.push(chunk)) {
				const message = decodeMessage(frame);
				if (message.kind === "load") void this.#load(message.spec);
				if (message.kind === "run") this.#scheduler?.submit(message);
				if (message.kind === "cancel") this.#scheduler?.cancel(message.id);
			}
		});
	}

	async #load(spec: ModelSpec): Promise<void> {
		try {
			const { tokenizer, runner, facts } = await startModel(spec, this.#worker);
			const scheduler = new Scheduler({
				tokenizer,
				runners: [runner],
				onRun: (job, run) => void this.#finish(job, run, tokenizer),
				onFailure: ({ id }, error) => this.#sayFailed(id, error),
			});
			this.#scheduler = scheduler;
			this.#say({ kind: "ready", facts });
			await this.#allocate(spec, scheduler);
		} catch (error) {
			const { code, reason } = refusalOf(error);
			const shown = shownReason(reason, spec);
			// What clients are not told is for the log.
			if (shown !== reason) console.error(reason);
			this.#say({ kind: "refused", refusal: { code, reason: shown } });
		}
	}

	/** The other allocations join while the model serves; where one cannot be had, it serves with those it has. */
	async #allocate(spec: ModelSpec, scheduler: Scheduler): Promise<void> {
		let allocations = 1;
		try {
			for await (const runner of startOthers(spec)) {
				scheduler.add(runner);
				allocations++;
				this.#say({ kind: "allocated", allocations });
			}
		} catch (error) {
			const { reason } = refusalOf(error);
			console.error(
				`the model runs with ${allocations} of ${spec.allocations} allocations: ${reason}`,
			);
		}
	}

	/** A span gets its words; everything else is said as it is, and at once. */
	async #finish(
		{ id }: Job,
		{ output, micros, tokens }: FinishedRun,
		tokenizer: TextTokenizer,
	): Promise<void> {
		const { ids, truncated } = tokens;
		const facts = { tokens: ids.length, truncated };
		const say = (made: ModelOutput): void =>
			this.#say({ kind: "result", id, result: { ...made, ...facts }, micros });
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

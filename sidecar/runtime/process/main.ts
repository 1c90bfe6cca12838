import { Socket } from "node:net";
import { FrameReader } from "../frames.ts";
import {
	decodeMessage,
	encodeMessage,
	type FromProcess,
	refusalOf,
} from "../messages.ts";
import type { ModelOutput } from "../model-result.ts";
import type { ModelFacts, ModelSpec } from "../model-spec.ts";
import type { TextTokenizer } from "../tokenizer.ts";
import { type FinishedRun, type Job, Scheduler } from "./scheduler.ts";
import { startModel } from "./start-model.ts";

/** A model's process: everything it is told comes over descriptor 3, and so does everything it answers. */
class ModelHost {
	readonly #socket: Socket;
	#scheduler: Scheduler | undefined;

	constructor(socket: Socket) {
		this.#socket = socket;
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
			const facts = await this.#start(spec);
			this.#say({ kind: "ready", facts });
		} catch (error) {
			this.#say({ kind: "refused", refusal: refusalOf(error) });
		}
	}

	async #start(spec: ModelSpec): Promise<ModelFacts> {
		const { tokenizer, runners, facts } = await startModel(spec);
		this.#scheduler = new Scheduler({
			tokenizer,
			runners,
			onRun: (job, run) => void this.#finish(job, run, tokenizer),
			onFailure: ({ id }, error) => this.#sayFailed(id, error),
		});
		return facts;
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

/** Ends at once, without native destructors, which would wait for runs in other threads, or fail in them. */
function end(): void {
	process.kill(process.pid, "SIGKILL");
}

// The sidecar decides when this process ends, by closing the socket. Signals that a terminal or a service
// manager sends to the whole group would otherwise end it before requests in flight are answered.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
	process.on(signal, () => undefined);
}

const socket = new Socket({ fd: 3 });
socket.on("close", end);
socket.on("error", end);
new ModelHost(socket);

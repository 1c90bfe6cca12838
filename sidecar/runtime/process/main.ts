import { Socket } from "node:net";
import { SidecarError } from "../../errors.ts";
import { FrameReader } from "../frames.ts";
import {
	decodeMessage,
	encodeMessage,
	type FromProcess,
	refusalOf,
} from "../messages.ts";
import type { ModelFacts, ModelSpec } from "../model-spec.ts";
import { TextTokenizer } from "../tokenizer.ts";
import { InferenceWorker } from "./inference-worker.ts";
import { Scheduler } from "./scheduler.ts";

/**
 * The longest text that is run at the start, tokens: more than the 512 positions that most models have, so that
 * a window they do not have is found. Attention's memory grows with the square of a text's length, which is
 * why a window of some thousand tokens is not tried out.
 */
const longestWarmUp = 640;

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
				if (message.kind === "embed") this.#scheduler?.submit(message);
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
		const { modelPath, poolingMode, normalize, dimension } = spec;
		const threads = spec.threadsPerAllocation;
		const session = { modelPath, poolingMode, normalize, dimension, threads };
		const [tokenizer, first, ...others] = await Promise.all([
			TextTokenizer.fromFile(spec.tokenizerPath, spec.maxLength),
			InferenceWorker.start(session),
			...Array.from({ length: spec.allocations - 1 }, () =>
				InferenceWorker.start(session),
			),
		]);
		await warmUp(first, tokenizer);
		this.#scheduler = new Scheduler({
			tokenizer,
			workers: [first, ...others],
			onEmbedding: ({ id }, embedding) =>
				this.#say({ kind: "embedding", id, embedding }),
			onFailure: ({ id }, error) =>
				this.#say({ kind: "failed", id, refusal: refusalOf(error) }),
		});
		return {
			window: tokenizer.window,
			inputs: [...first.inputs],
			output: first.output,
		};
	}

	#say(message: FromProcess): void {
		this.#socket.write(encodeMessage(message));
	}
}

/** Runs a text as long as the window: a model with fewer positions than that is found now, not later. */
async function warmUp(
	worker: InferenceWorker,
	tokenizer: TextTokenizer,
): Promise<void> {
	const text = "sentence ".repeat(Math.min(tokenizer.window, longestWarmUp));
	const tokens = await tokenizer.encode(text);
	const count = tokens.ids.length;
	try {
		await worker.run(tokens);
	} catch (cause) {
		const { reason } = refusalOf(cause);
		throw new SidecarError(
			"bad_request",
			`the model cannot run a text of ${count} tokens, and its window is ${tokenizer.window}: ${reason}`,
			{ cause },
		);
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

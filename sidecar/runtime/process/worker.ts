import { type MessagePort, parentPort } from "node:worker_threads";
import { type Refusal, refusalOf } from "../messages.ts";
import type { RunOutput } from "../model-result.ts";
import type { ModelSpec } from "../model-spec.ts";
import type { GraphFile } from "../preparation/graph-file.ts";
import { ModelSession, type Tokens } from "../session.ts";

/** What a worker is told: what model to load, then inputs to run, and when to end. */
export type ToWorker =
	| { kind: "load"; spec: ModelSpec; graph: GraphFile }
	| { kind: "run"; inputs: readonly Tokens[] }
	| { kind: "try"; window: number; known: number }
	| { kind: "end" };

/** What a worker says: one answer for every message but the last, in order. */
export type FromWorker =
	| { kind: "loaded"; inputs: string[]; outputs: string[]; width: number }
	| { kind: "tried" }
	| { kind: "ran"; outputs: RunOutput[]; micros: number }
	| { kind: "failed"; refusal: Refusal };

/** A worker thread: one session, one run at a time. */
class Work {
	readonly #port: MessagePort;
	#session: ModelSession | undefined;

	constructor(port: MessagePort) {
		this.#port = port;
		port.on("message", async (message: ToWorker) => {
			try {
				if (message.kind === "load") await this.#load(message);
				if (message.kind === "run") await this.#run(message.inputs);
				if (message.kind === "try") await this.#try(message);
				if (message.kind === "end") await this.#end();
			} catch (error) {
				this.#say({ kind: "failed", refusal: refusalOf(error) });
			}
		});
	}

	async #load({ spec, graph }: Extract<ToWorker, { kind: "load" }>) {
		// Of a file that turned out not to be right.
		const before = this.#session;
		this.#session = undefined;
		await before?.release();
		const session = await ModelSession.create(spec, graph);
		this.#session = session;
		const inputs = session.inputs.map(({ name }) => name);
		const { outputs, width } = session;
		this.#say({ kind: "loaded", inputs, outputs: [...outputs], width });
	}

	async #run(inputs: readonly Tokens[]): Promise<void> {
		if (this.#session === undefined) throw new Error("no model is loaded");
		const start = performance.now();
		const outputs = await this.#session.runGroup(inputs);
		const micros = Math.round((performance.now() - start) * 1000);
		this.#say({ kind: "ran", outputs, micros }, outputs.flatMap(transferable));
	}

	async #try({ window, known }: Extract<ToWorker, { kind: "try" }>) {
		if (this.#session === undefined) throw new Error("no model is loaded");
		await this.#session.tryWindow(window, known);
		this.#say({ kind: "tried" });
	}

	async #end(): Promise<void> {
		await this.#session?.release();
		this.#port.close();
	}

	#say(message: FromWorker, transfer: ArrayBuffer[] = []): void {
		this.#port.postMessage(message, transfer);
	}
}

/** The memory of an output, which is its own and is given away. */
function transferable(output: RunOutput): ArrayBuffer[] {
	switch (output.kind) {
		case "vector":
			return buffersOf(output.vector);
		case "weights":
			return [...buffersOf(output.ids), ...buffersOf(output.weights)];
		case "span":
			return [];
	}
}

function buffersOf({ buffer }: Float32Array | Int32Array): ArrayBuffer[] {
	return buffer instanceof ArrayBuffer ? [buffer] : [];
}

if (parentPort === null) throw new Error("this file runs in a worker thread");
new Work(parentPort);

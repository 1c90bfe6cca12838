import { parentPort, workerData } from "node:worker_threads";
import { type Refusal, refusalOf } from "../messages.ts";
import type { RunOutput } from "../model-result.ts";
import type { ModelSpec } from "../model-spec.ts";
import { ModelSession, type Tokens } from "../session.ts";

/** What a worker is told: tokens to run. */
export type ToWorker = Tokens;

/** What a worker says: once that it is ready, then one answer for every message, in order. */
export type FromWorker =
	| { kind: "ready"; inputs: string[]; outputs: string[]; width: number }
	| { kind: "ran"; output: RunOutput; micros: number }
	| { kind: "failed"; refusal: Refusal };

/** A worker thread: one session, one run at a time. */
async function work(spec: ModelSpec): Promise<void> {
	const port = parentPort;
	if (port === null) throw new Error("this file runs in a worker thread");
	const say = (message: FromWorker, transfer: ArrayBuffer[] = []): void =>
		port.postMessage(message, transfer);
	const session = await ModelSession.create(spec);
	port.on("message", async (tokens: ToWorker) => {
		const start = performance.now();
		try {
			const output = await session.run(tokens);
			const micros = Math.round((performance.now() - start) * 1000);
			say({ kind: "ran", output, micros }, transferable(output));
		} catch (error) {
			say({ kind: "failed", refusal: refusalOf(error) });
		}
	});
	const inputs = session.inputs.map(({ name }) => name);
	const { outputs, width } = session;
	say({ kind: "ready", inputs, outputs: [...outputs], width });
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

work(workerData).catch((error: unknown) => {
	const message: FromWorker = { kind: "failed", refusal: refusalOf(error) };
	parentPort?.postMessage(message);
});

import { parentPort, workerData } from "node:worker_threads";
import { type Refusal, refusalOf } from "../messages.ts";
import {
	EmbeddingSession,
	type SessionOptions,
	type Tokens,
} from "../session.ts";

/** What a worker is told: tokens to run. */
export type ToWorker = Tokens;

/** What a worker says: once that it is ready, then one answer for every message, in order. */
export type FromWorker =
	| { kind: "ready"; inputs: string[]; output: string }
	| { kind: "vector"; vector: Float32Array; micros: number }
	| { kind: "failed"; refusal: Refusal };

/** A worker thread: one session, one run at a time. */
async function work(options: SessionOptions): Promise<void> {
	const port = parentPort;
	if (port === null) throw new Error("this file runs in a worker thread");
	const say = (message: FromWorker, transfer: ArrayBuffer[] = []): void =>
		port.postMessage(message, transfer);
	const session = await EmbeddingSession.create(options);
	port.on("message", async (tokens: ToWorker) => {
		const start = performance.now();
		try {
			const vector = await session.run(tokens);
			const micros = Math.round((performance.now() - start) * 1000);
			say({ kind: "vector", vector, micros }, transferable(vector));
		} catch (error) {
			say({ kind: "failed", refusal: refusalOf(error) });
		}
	});
	const inputs = session.inputs.map(({ name }) => name);
	say({ kind: "ready", inputs, output: session.output });
}

function transferable({ buffer }: Float32Array): ArrayBuffer[] {
	return buffer instanceof ArrayBuffer ? [buffer] : [];
}

work(workerData).catch((error: unknown) => {
	const message: FromWorker = { kind: "failed", refusal: refusalOf(error) };
	parentPort?.postMessage(message);
});

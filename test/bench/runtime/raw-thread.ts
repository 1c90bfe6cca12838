import { InferenceSession, Tensor } from "onnxruntime-node";
import { answerQuestions } from "./bench-thread.ts";
import type { RawQuestion } from "./raw-limit.ts";

type Feeds = Record<string, Tensor>;

let session: InferenceSession | undefined;
let prepared: Feeds[] = [];

/** ONNX Runtime and nothing else: what is asked to run has been made ready before. */
async function answer(question: RawQuestion): Promise<boolean> {
	switch (question.kind) {
		case "load":
			await session?.release();
			session = await open(question.modelPath);
			return true;
		case "prepare":
			prepared = question.batches.map((texts) => feedsOf(loaded(), texts));
			return true;
		case "run":
			await runPrepared(new Int32Array(question.cursor));
			return true;
		case "compare":
			return keepBits(question.batches);
	}
}

/** The options are the sidecar's own, but for memory patterns, which cost nothing that could be seen either way. */
function open(modelPath: string): Promise<InferenceSession> {
	return InferenceSession.create(modelPath, {
		executionProviders: ["cpu"],
		intraOpNumThreads: 1,
		interOpNumThreads: 1,
		executionMode: "sequential",
		graphOptimizationLevel: "all",
		enableMemPattern: false,
		extra: { session: { set_denormal_as_zero: "1" } },
	});
}

function loaded(): InferenceSession {
	if (session === undefined) throw new Error("no model is loaded");
	return session;
}

/** All threads have the same batches, and take each the next one that none has taken. */
async function runPrepared(cursor: Int32Array): Promise<void> {
	for (;;) {
		const feeds = prepared[Atomics.add(cursor, 0, 1)];
		if (feeds === undefined) return;
		await loaded().run(feeds);
	}
}

/** Whether all texts have the same bits in a batch as alone. */
async function keepBits(
	batches: readonly (readonly Int32Array[])[],
): Promise<boolean> {
	for (const texts of batches) {
		const together = await hiddenStates(texts);
		const rowLength = together.length / texts.length;
		for (const [row, text] of texts.entries()) {
			const alone = await hiddenStates([text]);
			const start = row * rowLength;
			const found = together.subarray(start, start + alone.length);
			if (!sameBits(found, alone)) return false;
		}
	}
	return true;
}

async function hiddenStates(
	texts: readonly Int32Array[],
): Promise<Float32Array> {
	const results = await loaded().run(feedsOf(loaded(), texts));
	const data = Object.values(results)[0]?.data;
	if (data instanceof Float32Array) return data;
	throw new Error("the model gives no float32");
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
	const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
		Buffer.from(buffer, byteOffset, byteLength);
	return bytes(a).equals(bytes(b));
}

/** What BERT's graphs ask for: padded at the end, with a mask that says so. */
function feedsOf(
	{ inputNames }: InferenceSession,
	texts: readonly Int32Array[],
): Feeds {
	const width = Math.max(...texts.map(({ length }) => length));
	const dims = [texts.length, width];
	const feeds: Feeds = {};
	for (const name of inputNames) {
		const values = new BigInt64Array(texts.length * width);
		for (const [row, ids] of texts.entries())
			for (const [column, id] of ids.entries())
				values[row * width + column] = inputValue(name, id);
		feeds[name] = new Tensor("int64", values, dims);
	}
	return feeds;
}

function inputValue(input: string, id: number): bigint {
	switch (input) {
		case "input_ids":
			return BigInt(id);
		case "attention_mask":
			return 1n;
		case "token_type_ids":
			return 0n;
		default:
			throw new Error(`the model has an input ${input}`);
	}
}

answerQuestions(answer);

import { expect, test } from "vitest";
import { SidecarError } from "../../sidecar/errors.ts";
import { FrameReader } from "../../sidecar/runtime/frames.ts";
import {
	decodeMessage,
	encodeMessage,
	type FromProcess,
	refusalOf,
	type ToProcess,
} from "../../sidecar/runtime/messages.ts";

function roundTrip(message: ToProcess | FromProcess): ToProcess | FromProcess {
	const [frame] = new FrameReader().push(encodeMessage(message));
	if (frame === undefined) throw new Error("no frame");
	return decodeMessage(frame);
}

const messages: (ToProcess | FromProcess)[] = [
	{ kind: "run", id: 7, lane: "search", input: "Ünï 𠀀 👩‍👩‍👧 \u0000" },
	{ kind: "run", id: 0xffff_ffff, lane: "ingest", input: "" },
	{ kind: "run", id: 8, lane: "search", input: ["Wer? 𠀀", "Ünï \u0000"] },
	{ kind: "run", id: 8, lane: "ingest", input: ["", ""] },
	{ kind: "cancel", id: 3 },
	{
		kind: "result",
		id: 9,
		times: { runMicros: 123_456, tokenizeMicros: 45, batch: 3 },
		result: {
			kind: "vector",
			vector: Float32Array.of(0.1, -1e-20, 3e38),
			tokens: 512,
			truncated: true,
		},
	},
	{
		kind: "result",
		id: 10,
		times: { runMicros: 0, tokenizeMicros: 45, batch: 3 },
		result: {
			kind: "weights",
			ids: Int32Array.of(30_521, 0, 7),
			weights: Float32Array.of(0.1, -1e-20, 3e38),
			tokens: 3,
			truncated: false,
		},
	},
	{
		kind: "result",
		id: 11,
		times: { runMicros: 1, tokenizeMicros: 45, batch: 3 },
		result: {
			kind: "weights",
			ids: new Int32Array(),
			weights: new Float32Array(),
			tokens: 2,
			truncated: false,
		},
	},
	{
		kind: "result",
		id: 12,
		times: { runMicros: 1, tokenizeMicros: 45, batch: 3 },
		result: {
			kind: "answer",
			answer: "à Küsnacht 𠀀",
			tokens: 20,
			truncated: true,
		},
	},
	{
		kind: "failed",
		id: 5,
		refusal: { code: "too_large", reason: "the text is too long" },
	},
	{ kind: "refused", refusal: { code: "bad_request", reason: "no model" } },
	{ kind: "allocated", allocations: 3 },
	{
		kind: "ready",
		facts: {
			window: 256,
			inputs: ["input_ids"],
			outputs: ["last_hidden_state"],
			vocabulary: ["", "ünï"],
		},
	},
	{
		kind: "load",
		spec: {
			functionName: "TEXT_EMBEDDING",
			modelPath: "m.onnx",
			tokenizerPath: "tokenizer.json",
			poolingMode: "MEAN",
			normalize: true,
			dimension: 384,
			allocations: 2,
			threadsPerAllocation: 1,
		},
	},
];

test.each(messages)("$kind arrives as it was sent, bit for bit", (message) => {
	expect(roundTrip(message)).toEqual(message);
});

test("a lone surrogate arrives as the replacement character, and the rest of its text is whole", () => {
	const message: ToProcess = {
		kind: "run",
		id: 1,
		lane: "ingest",
		input: "a\ud800b \udc00",
	};
	const input = "a\ufffdb \ufffd";
	expect(roundTrip(message)).toEqual({ ...message, input });
});

test("an error keeps its code on the way, and one without a code is the model's", () => {
	expect(refusalOf(new SidecarError("too_large", "long"))).toEqual({
		code: "too_large",
		reason: "long",
	});
	expect(refusalOf(new Error("gather out of bounds"))).toEqual({
		code: "inference_failed",
		reason: "gather out of bounds",
	});
});

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
	{ kind: "embed", id: 7, lane: "search", text: "Ünï 𠀀 👩‍👩‍👧 \u0000" },
	{ kind: "embed", id: 0xffff_ffff, lane: "ingest", text: "" },
	{ kind: "cancel", id: 3 },
	{
		kind: "embedding",
		id: 9,
		embedding: {
			vector: Float32Array.of(0.1, -1e-20, 3e38),
			tokens: 512,
			micros: 123_456,
			truncated: true,
		},
	},
	{
		kind: "failed",
		id: 5,
		refusal: { code: "too_large", reason: "the text is too long" },
	},
	{ kind: "refused", refusal: { code: "bad_request", reason: "no model" } },
	{
		kind: "ready",
		facts: { window: 256, inputs: ["input_ids"], output: "last_hidden_state" },
	},
	{
		kind: "load",
		spec: {
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
		kind: "embed",
		id: 1,
		lane: "ingest",
		text: "a\ud800b \udc00",
	};
	expect(roundTrip(message)).toEqual({ ...message, text: "a\ufffdb \ufffd" });
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

import { type ErrorCode, SidecarError } from "../errors.ts";
import { allocateFrame, encodeFrame, type Frame } from "./frames.ts";
import type { Lane } from "./lanes.ts";
import type { Embedding, ModelFacts, ModelSpec } from "./model-spec.ts";

/** An error on its way to the other side. */
export interface Refusal {
	code: ErrorCode;
	reason: string;
}

/** An embedding with the time its run took, in microseconds. */
export interface TimedEmbedding extends Embedding {
	micros: number;
}

/** What the sidecar says to a model's process. */
export type ToProcess =
	| { kind: "load"; spec: ModelSpec }
	| { kind: "embed"; id: number; lane: Lane; text: string }
	| { kind: "cancel"; id: number };

/** What a model's process says to the sidecar. */
export type FromProcess =
	| { kind: "ready"; facts: ModelFacts }
	| { kind: "refused"; refusal: Refusal }
	| { kind: "embedding"; id: number; embedding: TimedEmbedding }
	| { kind: "failed"; id: number; refusal: Refusal };

/** What a process says about one text. */
export type Answer = Extract<FromProcess, { kind: "embedding" | "failed" }>;

const types = {
	load: 1,
	embed: 2,
	cancel: 3,
	ready: 4,
	refused: 5,
	embedding: 6,
	failed: 7,
} as const;

const embeddingHeadBytes = 9;

/**
 * One message as one frame. A text travels as UTF-8 behind a byte for its lane; UTF-8 has no lone surrogates,
 * each becomes U+FFFD here, which is also what the tokenizer would make of it. A vector travels as its float32
 * values, little-endian, behind tokens u32, microseconds u32, truncated u8. The rest is JSON.
 */
export function encodeMessage(message: ToProcess | FromProcess): Buffer {
	const type = types[message.kind];
	switch (message.kind) {
		case "embed": {
			const { id, lane, text } = message;
			const bytes = Buffer.byteLength(text);
			const { frame, payload } = allocateFrame(type, id, 1 + bytes);
			payload.writeUInt8(lane === "search" ? 1 : 0, 0);
			payload.write(text, 1);
			return frame;
		}
		case "embedding": {
			const { vector, tokens, micros, truncated } = message.embedding;
			const size = embeddingHeadBytes + vector.byteLength;
			const { frame, payload } = allocateFrame(type, message.id, size);
			payload.writeUInt32LE(tokens, 0);
			payload.writeUInt32LE(Math.min(micros, 0xffff_ffff), 4);
			payload.writeUInt8(truncated ? 1 : 0, 8);
			payload.set(bytesOf(vector), embeddingHeadBytes);
			return frame;
		}
		case "cancel":
			return encodeFrame({ type, id: message.id, payload: new Uint8Array() });
		case "load":
			return encodeJson(type, 0, message.spec);
		case "ready":
			return encodeJson(type, 0, message.facts);
		case "refused":
			return encodeJson(type, 0, message.refusal);
		case "failed":
			return encodeJson(type, message.id, message.refusal);
	}
}

/** The message in a frame. Throws a RangeError for a frame of no known type: the two ends differ. */
export function decodeMessage(frame: Frame): ToProcess | FromProcess {
	const { type, id, payload } = frame;
	const buffer = Buffer.from(
		payload.buffer,
		payload.byteOffset,
		payload.byteLength,
	);
	switch (type) {
		case types.embed: {
			const lane = buffer.readUInt8(0) === 1 ? "search" : "ingest";
			return { kind: "embed", id, lane, text: buffer.toString("utf8", 1) };
		}
		case types.embedding: {
			const embedding = {
				tokens: buffer.readUInt32LE(0),
				micros: buffer.readUInt32LE(4),
				truncated: buffer.readUInt8(8) === 1,
				vector: floatsOf(payload.subarray(embeddingHeadBytes)),
			};
			return { kind: "embedding", id, embedding };
		}
		case types.cancel:
			return { kind: "cancel", id };
		case types.load:
			return { kind: "load", spec: JSON.parse(buffer.toString()) };
		case types.ready:
			return { kind: "ready", facts: JSON.parse(buffer.toString()) };
		case types.refused:
			return { kind: "refused", refusal: JSON.parse(buffer.toString()) };
		case types.failed:
			return { kind: "failed", id, refusal: JSON.parse(buffer.toString()) };
		default:
			throw new RangeError(`no message has type ${type}`);
	}
}

/** What the other side is told of an error; one without a code means that the model failed. */
export function refusalOf(error: unknown): Refusal {
	if (error instanceof SidecarError) {
		return { code: error.code, reason: error.message };
	}
	const reason = error instanceof Error ? error.message : String(error);
	return { code: "inference_failed", reason };
}

function encodeJson(type: number, id: number, value: object): Buffer {
	return encodeFrame({ type, id, payload: Buffer.from(JSON.stringify(value)) });
}

function bytesOf(vector: Float32Array): Uint8Array {
	return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** A copy: float32 values need an aligned buffer, and the frame's memory is the socket's. */
function floatsOf(bytes: Uint8Array): Float32Array {
	const copy = Uint8Array.from(bytes);
	return new Float32Array(copy.buffer, 0, copy.byteLength >> 2);
}

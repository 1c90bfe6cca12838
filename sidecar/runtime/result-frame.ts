import { allocateFrame } from "./frames.ts";
import type { ModelOutput, ModelResult } from "./model-result.ts";

/** Where the time of an input went in its process. */
export interface RunTimes {
	tokenizeMicros: number;
	/** Of its run, which it may have shared. */
	runMicros: number;
	/** Inputs of that run. */
	batch: number;
}

/** A result on its way to the sidecar. */
export interface TimedResult {
	result: ModelResult;
	times: RunTimes;
}

const kinds = { vector: 0, weights: 1, answer: 2 } as const;
const headBytes = 16;
const largestU32 = 0xffff_ffff;

/**
 * A result as a frame: tokens u32, microseconds of its run u32 and of its tokenising u32, inputs of its run u16,
 * truncated u8, kind u8; then a vector's float32 values, or as many i32 ids as float32 weights behind them, or an
 * answer's UTF-8. Numbers are little-endian.
 */
export function encodeResult(
	type: number,
	{ id, result, times }: TimedResult & { id: number },
): Buffer {
	const parts = partsOf(result);
	const size = parts.reduce((sum, part) => sum + part.byteLength, headBytes);
	const { frame, payload } = allocateFrame(type, id, size);
	payload.writeUInt32LE(result.tokens, 0);
	payload.writeUInt32LE(Math.min(times.runMicros, largestU32), 4);
	payload.writeUInt32LE(Math.min(times.tokenizeMicros, largestU32), 8);
	payload.writeUInt16LE(times.batch, 12);
	payload.writeUInt8(result.truncated ? 1 : 0, 14);
	payload.writeUInt8(kinds[result.kind], 15);
	let offset = headBytes;
	for (const part of parts) {
		payload.set(part, offset);
		offset += part.byteLength;
	}
	return frame;
}

/** The result in a frame's payload. Throws a RangeError for a kind that is not known: the two ends differ. */
export function decodeResult(payload: Buffer): TimedResult {
	return {
		times: {
			runMicros: payload.readUInt32LE(4),
			tokenizeMicros: payload.readUInt32LE(8),
			batch: payload.readUInt16LE(12),
		},
		result: {
			...outputOf(payload.readUInt8(15), payload.subarray(headBytes)),
			tokens: payload.readUInt32LE(0),
			truncated: payload.readUInt8(14) === 1,
		},
	};
}

function partsOf(output: ModelOutput): Uint8Array[] {
	switch (output.kind) {
		case "vector":
			return [bytesOf(output.vector)];
		case "weights":
			return [bytesOf(output.ids), bytesOf(output.weights)];
		case "answer":
			return [Buffer.from(output.answer)];
	}
}

function outputOf(kind: number, body: Buffer): ModelOutput {
	switch (kind) {
		case kinds.vector:
			return { kind: "vector", vector: new Float32Array(alignedCopy(body)) };
		case kinds.weights: {
			const bytes = alignedCopy(body);
			const ids = new Int32Array(bytes, 0, bytes.byteLength >> 3);
			const weights = new Float32Array(bytes, ids.byteLength);
			return { kind: "weights", ids, weights };
		}
		case kinds.answer:
			return { kind: "answer", answer: body.toString() };
		default:
			throw new RangeError(`no result is of kind ${kind}`);
	}
}

function bytesOf(numbers: Float32Array | Int32Array): Uint8Array {
	return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Numbers of four bytes need an aligned buffer, and the frame's memory is the socket's. */
function alignedCopy(bytes: Buffer): ArrayBuffer {
	return Uint8Array.from(bytes).buffer;
}

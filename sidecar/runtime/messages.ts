import { type ErrorCode, SidecarError } from "../errors.ts";
import { allocateFrame, encodeFrame, type Frame } from "./frames.ts";
import type { Lane } from "./lanes.ts";
import type { ModelInput, ModelResult } from "./model-result.ts";
import type { ModelFacts, ModelSpec } from "./model-spec.ts";
import { decodeResult, encodeResult, type RunTimes } from "./result-frame.ts";

export type { RunTimes };

/** An error on its way to the other side. */
export interface Refusal {
	code: ErrorCode;
	reason: string;
}

/** What the sidecar says to a model's process. */
export type ToProcess =
	| { kind: "load"; spec: ModelSpec }
	| { kind: "run"; id: number; lane: Lane; input: ModelInput }
	| { kind: "cancel"; id: number }
	/** From now on an input of the search lane. */
	| { kind: "promote"; id: number }
	/** Threads that may run at a time. */
	| { kind: "grant"; processors: number }
	| { kind: "adjust"; allocations: number; threadsPerAllocation: number }
	| { kind: "ask" };

/** What a model's process says to the sidecar. */
export type FromProcess =
	| { kind: "ready"; facts: ModelFacts }
	| { kind: "allocated"; allocations: number }
	/** No more threads run than this, after a grant of fewer. */
	| { kind: "granted"; processors: number }
	| { kind: "status"; status: ProcessStatus }
	| { kind: "refused"; refusal: Refusal }
	| { kind: "result"; id: number; result: ModelResult; times: RunTimes }
	| { kind: "failed"; id: number; refusal: Refusal };

/** How a process is doing. */
export interface ProcessStatus {
	/** Memory of it that is resident. */
	residentBytes: number;
	/** How long the longest of its present runs has gone on, milliseconds; 0 without any. */
	runningMs: number;
}

/** What a process says about one input. */
export type Answer = Extract<FromProcess, { kind: "result" | "failed" }>;

const types = {
	load: 1,
	run: 2,
	cancel: 3,
	ready: 4,
	refused: 5,
	result: 6,
	failed: 7,
	allocated: 8,
	promote: 9,
	grant: 10,
	granted: 11,
	adjust: 12,
	ask: 13,
	status: 14,
} as const;

/** Bits of the byte before a text. */
const searchBit = 1;
const pairBit = 2;

/**
 * One message as one frame. A text travels as UTF-8 behind a byte for its lane; of two, the first one's bytes
 * are counted in a u32 before it. UTF-8 has no lone surrogates, each becomes U+FFFD here, which is also what the
 * tokenizer would make of it. Results are binary as well; the rest is JSON.
 */
export function encodeMessage(message: ToProcess | FromProcess): Buffer {
	const type = types[message.kind];
	switch (message.kind) {
		case "run":
			return encodeRun(message);
		case "result":
			return encodeResult(type, message);
		case "cancel":
		case "promote":
			return encodeNumber(type, message.id);
		case "grant":
		case "granted":
			return encodeNumber(type, message.processors);
		case "ask":
			return encodeNumber(type, 0);
		case "adjust": {
			const { allocations, threadsPerAllocation } = message;
			return encodeJson(type, 0, { allocations, threadsPerAllocation });
		}
		case "status":
			return encodeJson(type, 0, message.status);
		case "load":
			return encodeJson(type, 0, message.spec);
		case "ready":
			return encodeJson(type, 0, message.facts);
		case "refused":
			return encodeJson(type, 0, message.refusal);
		case "failed":
			return encodeJson(type, message.id, message.refusal);
		case "allocated":
			return encodeNumber(type, message.allocations);
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
		case types.run:
			return decodeRun(id, buffer);
		case types.result:
			return { kind: "result", id, ...decodeResult(buffer) };
		case types.cancel:
			return { kind: "cancel", id };
		case types.promote:
			return { kind: "promote", id };
		case types.grant:
			return { kind: "grant", processors: id };
		case types.granted:
			return { kind: "granted", processors: id };
		case types.ask:
			return { kind: "ask" };
		case types.adjust:
			return { kind: "adjust", ...JSON.parse(buffer.toString()) };
		case types.status:
			return { kind: "status", status: JSON.parse(buffer.toString()) };
		case types.allocated:
			return { kind: "allocated", allocations: id };
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

/** A frame that says a number and no more. */
function encodeNumber(type: number, id: number): Buffer {
	return encodeFrame({ type, id, payload: new Uint8Array() });
}

function encodeJson(type: number, id: number, value: object): Buffer {
	return encodeFrame({ type, id, payload: Buffer.from(JSON.stringify(value)) });
}

function encodeRun({
	id,
	lane,
	input,
}: Extract<ToProcess, { kind: "run" }>): Buffer {
	const bits = lane === "search" ? searchBit : 0;
	if (typeof input === "string") {
		const bytes = Buffer.byteLength(input);
		const { frame, payload } = allocateFrame(types.run, id, 1 + bytes);
		payload.writeUInt8(bits, 0);
		payload.write(input, 1);
		return frame;
	}
	const [first, second] = input;
	const bytes = Buffer.byteLength(first);
	const size = 5 + bytes + Buffer.byteLength(second);
	const { frame, payload } = allocateFrame(types.run, id, size);
	payload.writeUInt8(bits | pairBit, 0);
	payload.writeUInt32LE(bytes, 1);
	payload.write(first, 5);
	payload.write(second, 5 + bytes);
	return frame;
}

function decodeRun(id: number, payload: Buffer): ToProcess {
	const bits = payload.readUInt8(0);
	const lane = (bits & searchBit) === 0 ? "ingest" : "search";
	if ((bits & pairBit) === 0) {
		return { kind: "run", id, lane, input: payload.toString("utf8", 1) };
	}
	const end = 5 + payload.readUInt32LE(1);
	const first = payload.toString("utf8", 5, end);
	const second = payload.toString("utf8", end);
	return { kind: "run", id, lane, input: [first, second] };
}

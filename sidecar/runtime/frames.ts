/**
 * Frames between the sidecar and a model's process, over a byte stream:
 * `length` u32, then `length` bytes: `type` u8, `id` u32, payload. Numbers are little-endian.
 */
export interface Frame {
	/** What the frame is, 0 to 255; the numbers' meaning is the messages' business. */
	type: number;
	/** What the frame is about, an unsigned 32-bit number. */
	id: number;
	payload: Uint8Array;
}

const lengthBytes = 4;
const headBytes = 5;

/** The largest `length` a reader takes; V8 has no longer string, so no text needs more. */
export const maxFrameLength = 1024 * 1024 * 1024;

/**
 * An empty frame with room for a payload of `payloadBytes`: the whole frame, and the part that the caller
 * fills. So a payload is written once, where it is sent from.
 */
export function allocateFrame(
	type: number,
	id: number,
	payloadBytes: number,
): { frame: Buffer; payload: Buffer } {
	const length = headBytes + payloadBytes;
	if (length > maxFrameLength) {
		throw new RangeError(
			`a frame holds ${maxFrameLength - headBytes} bytes at most, not ${payloadBytes}`,
		);
	}
	const frame = Buffer.allocUnsafe(lengthBytes + length);
	frame.writeUInt32LE(length, 0);
	frame.writeUInt8(type, lengthBytes);
	frame.writeUInt32LE(id, lengthBytes + 1);
	return { frame, payload: frame.subarray(lengthBytes + headBytes) };
}

/** The bytes of one frame. */
export function encodeFrame({ type, id, payload }: Frame): Buffer {
	const allocated = allocateFrame(type, id, payload.byteLength);
	allocated.payload.set(payload);
	return allocated.frame;
}

/** Puts frames together again from a stream's chunks, however it was cut. */
export class FrameReader {
	#chunks: Uint8Array[] = [];
	#buffered = 0;

	/**
	 * The frames that are complete with this chunk, in order. A payload may share memory with the chunk.
	 * Throws a RangeError for a length that no frame has; the stream is then useless.
	 */
	push(chunk: Uint8Array): Frame[] {
		const frames: Frame[] = [];
		this.#chunks.push(chunk);
		this.#buffered += chunk.byteLength;
		while (this.#buffered >= lengthBytes) {
			const length = this.#length();
			if (length < headBytes || length > maxFrameLength) {
				throw new RangeError(`no frame has ${length} bytes`);
			}
			const end = lengthBytes + length;
			if (this.#buffered < end) break;
			const bytes = this.#joined();
			const frame = bytes.subarray(lengthBytes, end);
			const rest = bytes.subarray(end);
			this.#chunks = rest.byteLength > 0 ? [rest] : [];
			this.#buffered = rest.byteLength;
			frames.push({
				type: frame.readUInt8(0),
				id: frame.readUInt32LE(1),
				payload: frame.subarray(headBytes),
			});
		}
		return frames;
	}

	#length(): number {
		const [first] = this.#chunks;
		if (first !== undefined && first.byteLength >= lengthBytes) {
			return asBuffer(first).readUInt32LE(0);
		}
		return this.#joined().readUInt32LE(0);
	}

	/** Everything buffered, as one chunk. A frame's chunks are joined once: when its last one is there. */
	#joined(): Buffer {
		const [first] = this.#chunks;
		const joined =
			this.#chunks.length === 1 && first !== undefined
				? asBuffer(first)
				: Buffer.concat(this.#chunks, this.#buffered);
		this.#chunks = [joined];
		return joined;
	}
}

function asBuffer(bytes: Uint8Array): Buffer {
	return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

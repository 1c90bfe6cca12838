import fc from "fast-check";
import { expect, test } from "vitest";
import {
	encodeFrame,
	FrameReader,
	maxFrameLength,
} from "../../sidecar/runtime/frames.ts";

const frames = fc.array(
	fc.record({
		type: fc.nat(255),
		id: fc.nat(0xffff_ffff),
		payload: fc.uint8Array({ maxLength: 40 }),
	}),
	{ maxLength: 12 },
);

test("no text or vector is lost or mixed up, however the socket cuts the stream", () => {
	fc.assert(
		fc.property(
			frames,
			fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }),
			(sent, sizes) => {
				const stream = Buffer.concat(sent.map(encodeFrame));
				const reader = new FrameReader();
				const received = [];
				for (let offset = 0, i = 0; offset < stream.length; i++) {
					const end = offset + (sizes[i % sizes.length] ?? 1);
					received.push(...reader.push(stream.subarray(offset, end)));
					offset = end;
				}
				const plain = received.map(({ type, id, payload }) => ({
					type,
					id,
					payload: Uint8Array.from(payload),
				}));
				expect(plain).toEqual(sent);
			},
		),
	);
});

test("a frame that has not all arrived is not read yet", () => {
	const frame = encodeFrame({ type: 1, id: 2, payload: new Uint8Array(9) });
	const reader = new FrameReader();
	expect(reader.push(frame.subarray(0, -1))).toEqual([]);
	expect(reader.push(frame.subarray(-1))).toHaveLength(1);
});

test("a length that cannot be is an error, not gigabytes that are waited for", () => {
	const tooLong = Buffer.alloc(4);
	tooLong.writeUInt32LE(maxFrameLength + 1);
	expect(() => new FrameReader().push(tooLong)).toThrow(RangeError);
	expect(() => new FrameReader().push(Buffer.alloc(4))).toThrow(RangeError);
});

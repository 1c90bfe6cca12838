import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { ForwardedBody } from "../../sidecar/http/forwarded-body.ts";
import { until } from "../helpers/proxy-wire.ts";

test("every byte comes through, whatever the sizes of the pieces", async () => {
	const pieces = [1, 100_000, 65_536, 3, 200_000].map((size, index) =>
		Buffer.alloc(size, index),
	);
	const body = new ForwardedBody(Readable.from(pieces));
	expect((await buffer(body)).equals(Buffer.concat(pieces))).toBe(true);
});

test("the rest of a body that nobody reads runs dry, so that its connection can be used again", async () => {
	const source = Readable.from(Array(20).fill(Buffer.alloc(65_536)));
	const body = new ForwardedBody(source);
	await until(() => source.isPaused());
	body.destroy();
	await once(source, "end");
	expect(source.readableEnded).toBe(true);
});

test("an unread body does not close its source", async () => {
	const source = new PassThrough();
	const body = new ForwardedBody(source);
	source.write("x");
	body.destroy();
	await once(body, "close");
	expect(source.destroyed).toBe(false);
	source.destroy();
});

test("the source's error is the stream's, and is known as such", async () => {
	const source = new PassThrough();
	const body = new ForwardedBody(source);
	const failure = new Error("too large");
	source.destroy(failure);
	await expect(buffer(body)).rejects.toBe(failure);
	expect(body.sourceError).toBe(failure);
});

test("a source that was closed before its end is an error, not an end", async () => {
	const early = new PassThrough();
	early.destroy();
	await once(early, "close");
	await expect(buffer(new ForwardedBody(early))).rejects.toThrow(
		/before its end/,
	);
	const late = new PassThrough();
	const body = new ForwardedBody(late);
	late.destroy();
	await expect(buffer(body)).rejects.toThrow(/before its end/);
});

test("an error of the source after the last read does not end the process", async () => {
	const source = new PassThrough();
	const body = new ForwardedBody(source);
	body.destroy();
	await once(body, "close");
	source.destroy(new Error("late"));
	await until(() => source.closed);
	expect(body.sourceError).toBeUndefined();
});

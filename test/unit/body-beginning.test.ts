import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { readBeginning } from "../../sidecar/http/body-beginning.ts";

const free = () => undefined;

test("a body within the limit is read whole, however it arrives", async () => {
	const source = new PassThrough();
	const read = readBeginning(source, 6, free);
	for (const piece of ["ab", "c", "def"]) {
		source.write(piece);
		await setImmediate();
	}
	source.end();
	const { bytes, rest } = await read;
	expect(bytes.toString()).toBe("abcdef");
	expect(rest).toBeUndefined();
});

test("nothing of a longer body is lost between its beginning and its rest", async () => {
	const pieces = Array.from({ length: 50 }, (_, n) => Buffer.alloc(9_999, n));
	const source = Readable.from(pieces);
	const { bytes, rest } = await readBeginning(source, 20_000, free);
	expect(bytes.length).toBe(29_997);
	await setImmediate();
	const following = rest ? await buffer(rest) : Buffer.alloc(0);
	expect(Buffer.concat([bytes, following]).equals(Buffer.concat(pieces))).toBe(
		true,
	);
});

test("a body that breaks off is an error, and not a short body", async () => {
	const source = new PassThrough();
	const read = readBeginning(source, 100, free);
	source.write("half");
	source.destroy();
	await expect(read).rejects.toThrow(/before its end/);
	const gone = new PassThrough();
	gone.destroy(new Error("reset"));
	await expect(readBeginning(gone, 100, free)).rejects.toThrow("reset");
});

test("a rest that fails before anybody reads it fails its reader, and not the process", async () => {
	const source = new PassThrough();
	const read = readBeginning(source, 2, free);
	source.write("abc");
	const { rest } = await read;
	const failure = new Error("reset");
	source.destroy(failure);
	while (!source.closed) await setImmediate();
	expect(rest).toBeDefined();
	if (rest) await expect(buffer(rest)).rejects.toBe(failure);
});

test("a body for which there is no memory runs dry, so that its sender can be told", async () => {
	const source = Readable.from(Array(20).fill(Buffer.alloc(65_536)));
	const refusal = new Error("too many");
	const read = readBeginning(source, 1e9, () => {
		throw refusal;
	});
	await expect(read).rejects.toBe(refusal);
	if (!source.readableEnded) await once(source, "end");
	expect(source.readableEnded).toBe(true);
});

import { mkdir, mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CacheMarks } from "../../sidecar/runtime/cache-marks.ts";

let home = "";
const all: CacheMarks[] = [];

beforeEach(async () => {
	home = await mkdtemp(join(tmpdir(), "cache-marks-test-"));
});
afterEach(async () => {
	for (const marks of all.splice(0)) marks.close();
	await rm(home, { recursive: true, force: true });
});

function marksOf(inUse: string[] = []): CacheMarks {
	const marks = new CacheMarks(() => inUse);
	all.push(marks);
	return marks;
}

test("a model is in use without a gap from the question for it until its process has the files", async () => {
	const inUse: string[] = [];
	const marks = marksOf(inUse);
	await marks.whileAwaited(home, async () => {
		expect(marks.isUsed(home)).toBe(true);
	});
	expect(marks.isUsed(home)).toBe(true);
	await new Promise(setImmediate);
	expect(marks.isUsed(home)).toBe(false);
	inUse.push(`${home}-2/model.onnx`);
	expect(marks.isUsed(home)).toBe(false);
	inUse.push(join(home, "model.onnx"));
	expect(marks.isUsed(home)).toBe(true);
});

test("who asks twice at once and is answered once still has the model", async () => {
	const marks = marksOf();
	let end: (() => void) | undefined;
	const second = marks.whileAwaited(
		home,
		() =>
			new Promise<void>((resolve) => {
				end = resolve;
			}),
	);
	await marks.whileAwaited(home, async () => undefined);
	await new Promise(setImmediate);
	expect(marks.isUsed(home)).toBe(true);
	end?.();
	await second;
});

test("a mark keeps the others off, not its owner, until it is taken away", async () => {
	const [mine, other] = [marksOf(), marksOf()];
	expect(await mine.put(home)).toBe(true);
	expect([mine.isUsed(home), other.isUsed(home)]).toEqual([false, true]);
	mine.close();
	expect(other.isUsed(home)).toBe(false);
	expect(await readdir(home)).toEqual([]);
});

test("what killed sidecars left is cleared away by the next one that uses the model", async () => {
	await marksOf().put(home);
	const [old = ""] = await readdir(home);
	const longAgo = new Date(Date.now() - 3_600_000);
	await utimes(join(home, old), longAgo, longAgo);
	await marksOf().put(home);
	expect(await readdir(home)).toHaveLength(1);
	expect(await readdir(home)).not.toContain(old);
});

test("a model that is not there can't be marked", async () => {
	const marks = marksOf();
	expect(await marks.put(join(home, "none"))).toBe(false);
	await mkdir(join(home, "some"));
	expect(await marks.put(join(home, "some"))).toBe(true);
});

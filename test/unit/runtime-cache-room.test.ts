import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import {
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	utimes,
	watch,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
	type CachedModel,
	ModelCache,
} from "../../sidecar/runtime/model-cache.ts";
import type { ModelSource } from "../../sidecar/runtime/model-source.ts";
import { sha256Of, zipOf } from "../helpers/small-archive.ts";

const limits = {
	entries: 10,
	ratio: 100,
	unpackedBytes: 1_000_000,
	tokenizerBytes: 1_000_000,
};
const graphBytes = 20_000;

let folder = "";
const caches: ModelCache[] = [];

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "cache-room-test-"));
});
afterEach(async () => {
	for (const cache of caches.splice(0)) await cache.close();
	await rm(folder, { recursive: true, force: true });
});

/** A sidecar's cache; `runs` is what runs from it. */
function cacheOf(
	maxBytes: number,
	runs: CachedModel[] = [],
	onEvicted: (sha256: string) => void = () => undefined,
): ModelCache {
	const cache = new ModelCache({
		folder,
		limits,
		maxBytes,
		inUse: () => runs.map(({ modelPath }) => modelPath),
		onEvicted,
	});
	caches.push(cache);
	return cache;
}

interface SmallModel extends ModelSource {
	graph: Buffer;
	/** How often its archive was asked for. */
	opened: number;
}

/** Models of 20,000 bytes and a few hundred, unpacked; their archives are as large. */
async function model(): Promise<SmallModel> {
	// Nothing that gets smaller in an archive.
	const graph = randomBytes(graphBytes);
	const archive = await zipOf({
		"model.onnx": graph,
		"tokenizer.json": Buffer.from("t"),
	});
	const source = {
		graph,
		opened: 0,
		sha256: sha256Of(archive),
		sizeBytes: archive.byteLength,
		open: async function* () {
			source.opened++;
			for (let at = 0; at < archive.length; at += 4_096) {
				await new Promise(setImmediate);
				yield archive.subarray(at, at + 4_096);
			}
		},
	};
	return source;
}

async function cached(): Promise<string[]> {
	const names = await readdir(folder);
	return names.filter((name) => !name.startsWith("."));
}

/** Makes everything in the folder older, as if time had passed. */
async function age(minutes: number): Promise<void> {
	for (const name of await readdir(folder, { recursive: true })) {
		const { mtimeMs } = await stat(join(folder, name));
		const time = new Date(mtimeMs - minutes * 60_000);
		await utimes(join(folder, name), time, time);
	}
}

/** Room for `models` of them beside one that arrives: that needs twice the room until it is unpacked. */
function roomFor(models: number): number {
	return (models + 2) * (graphBytes + 1_000);
}

test("the least recently used model makes room for a new one, and nothing else does", async () => {
	const cache = cacheOf(roomFor(1));
	const [a, b, c] = [await model(), await model(), await model()];
	for (const each of [a, b, a]) {
		await cache.ensure(each);
		await age(1);
	}
	await cache.ensure(c);
	expect((await cached()).sort()).toEqual([a.sha256, c.sha256].sort());
	await cache.ensure(a);
	expect(a.opened).toBe(1);
});

test("the folder never holds more than it may, be it while archives arrive", async () => {
	const maxBytes = roomFor(1);
	const cache = cacheOf(maxBytes);
	let most = 0;
	const watched = async (source: SmallModel): Promise<ModelSource> => ({
		...source,
		open: async function* () {
			for await (const chunk of await source.open()) {
				yield chunk;
				most = Math.max(most, await bytesOf(folder));
			}
		},
	});
	const sources = await Promise.all(Array.from({ length: 6 }, model));
	await Promise.all(
		sources.map(async (source) => cache.ensure(await watched(source))),
	);
	expect(Math.max(most, await bytesOf(folder))).toBeLessThanOrEqual(maxBytes);
	expect(most).toBeGreaterThan(graphBytes);
});

async function bytesOf(path: string): Promise<number> {
	let bytes = 0;
	for (const name of await readdir(path, { recursive: true })) {
		const found = await stat(join(path, name));
		if (found.isFile()) bytes += found.size;
	}
	return bytes;
}

test("a model that can't fit even into an empty cache is refused with both numbers, before it is received", async () => {
	const a = await model();
	await expect(cacheOf(10_000).ensure(a)).rejects.toMatchObject({
		code: "bad_request",
		message: `Model needs at least ${a.sizeBytes} bytes of the cache folder, for its archive and what is unpacked of it; SIDECAR_CACHE_MAX_BYTES is 10000`,
	});
	expect(a.opened).toBe(0);
	await expect(cacheOf(30_000).ensure(a)).rejects.toMatchObject({
		code: "bad_request",
		message: expect.stringContaining(`${a.sizeBytes + graphBytes + 1} bytes`),
	});
	expect(await readdir(folder)).toEqual([]);
});

test("a model that doesn't fit deletes no other for nothing", async () => {
	const running: CachedModel[] = [];
	const cache = cacheOf(roomFor(2), running);
	const small = await model();
	for (let made = 0; made < 2; made++)
		running.push(await cache.ensure(await model()));
	await cache.ensure(small);
	await age(60);
	const huge = { ...(await model()), sizeBytes: roomFor(1) - 1_000 };
	await expect(cache.ensure(huge)).rejects.toMatchObject({
		code: "circuit_open",
	});
	expect(huge.opened).toBe(0);
	expect(await cached()).toContain(small.sha256);
});

test("a model that another sidecar begins to use while room is made stays", async () => {
	const evicted: string[] = [];
	const cache = cacheOf(roomFor(1), [], (sha256) => {
		if (evicted.length === 0) writeFileSync(join(folder, b.sha256, mark), "");
		evicted.push(sha256);
	});
	const mark = ".use-other";
	const [a, b] = [await model(), await model()];
	for (const each of [a, b]) {
		await cache.ensure(each);
		await age(1);
	}
	const large = { ...(await model()), sizeBytes: roomFor(1) - 1_000 };
	await expect(cache.ensure(large)).rejects.toMatchObject({
		code: "circuit_open",
	});
	expect(evicted).toEqual([a.sha256]);
	expect(await cached()).toEqual([b.sha256]);
});

test("a limit of 0 is none", async () => {
	const cache = cacheOf(0);
	for (let made = 0; made < 6; made++) await cache.ensure(await model());
	expect(await cached()).toHaveLength(6);
});

test("a model that runs in this process stays, however long ago it was loaded", async () => {
	const running: CachedModel[] = [];
	const cache = cacheOf(roomFor(0), running);
	const [a, b] = [await model(), await model()];
	running.push(await cache.ensure(a));
	await age(60);
	await expect(cache.ensure(b)).rejects.toMatchObject({
		code: "circuit_open",
		message: expect.stringMatching(
			/^No room in the cache folder: \d+ bytes are needed, \d+ are in use, and SIDECAR_CACHE_MAX_BYTES is \d+$/,
		),
	});
	expect(await cached()).toEqual([a.sha256]);
	running.pop();
	await cache.ensure(b);
	expect(await cached()).toEqual([b.sha256]);
});

test("a model that another sidecar runs, or has just got, stays until that one lets it go or has long been dead", async () => {
	const other = cacheOf(roomFor(0));
	const [a, b] = [await model(), await model()];
	await other.ensure(a);
	const cache = cacheOf(roomFor(0));
	await age(5);
	await expect(cache.ensure(b)).rejects.toMatchObject({ code: "circuit_open" });
	await age(6);
	await cache.ensure(b);
	expect(await cached()).toEqual([b.sha256]);
	await cache.close();
	await other.ensure(a);
	expect(await cached()).toEqual([a.sha256]);
});

/** Waits until a fetch has asked for room, and has given its place in the queue back. */
async function triedInVain({ sizeBytes }: ModelSource): Promise<void> {
	let seen = 0;
	for await (const { eventType, filename } of watch(folder))
		if (eventType === "rename" && filename?.startsWith(`.work-${sizeBytes}-`))
			if (++seen === 2) return;
}

test("what another sidecar is receiving counts with the size it will have, and is waited for", async () => {
	const cache = cacheOf(roomFor(1));
	const a = await model();
	const foreign = join(folder, `.work-${roomFor(1) - 1_000}-other`);
	await mkdir(foreign);
	const tried = triedInVain(a);
	const waiting = cache.ensure(a);
	await tried;
	expect(a.opened).toBe(0);
	await rm(foreign, { recursive: true });
	const { modelPath } = await waiting;
	expect(basename(dirname(modelPath))).toBe(a.sha256);
});

test("a sidecar that stops doesn't wait for room", async () => {
	const cache = cacheOf(roomFor(1));
	const a = await model();
	const foreign = join(folder, `.work-${roomFor(1) - 1_000}-other`);
	await mkdir(foreign);
	const tried = triedInVain(a);
	const refused = expect(cache.ensure(a)).rejects.toThrow("stopping");
	await tried;
	await cache.close();
	await refused;
	await expect(cache.ensure(a)).rejects.toThrow("stopping");
	expect(await readdir(folder)).toEqual([basename(foreign)]);
});

test("a damaged model is unpacked anew where there is no room for both", async () => {
	const cache = cacheOf(2 * (graphBytes + 1_000));
	const a = await model();
	const { modelPath } = await cache.ensure(a);
	await writeFile(modelPath, randomBytes(graphBytes));
	await cache.ensure(a);
	expect(await readFile(modelPath)).toEqual(a.graph);
});

test("files of somebody else in the folder stay", async () => {
	await writeFile(join(folder, "notes.txt"), "x".repeat(100_000));
	await mkdir(join(folder, "not a hash"));
	const cache = cacheOf(roomFor(1));
	for (let made = 0; made < 3; made++) await cache.ensure(await model());
	expect(await readdir(folder)).toEqual(
		expect.arrayContaining(["notes.txt", "not a hash"]),
	);
});

test("two sidecars that push each other's models out never take one that is being started", async () => {
	const sources = await Promise.all(Array.from({ length: 4 }, model));
	let evictions = 0;
	const work = async (step: number): Promise<void> => {
		for (let round = 0; round < 15; round++) {
			const source = sources[(round * step) % sources.length];
			if (source === undefined) throw new Error("no such model");
			const running: CachedModel[] = [];
			// Of those that it has let go it has no mark any more.
			const cache = cacheOf(roomFor(3), running, () => evictions++);
			const files = await cache.ensure(source);
			running.push(files);
			// A process needs a while until it has the files open.
			for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
			expect(await readFile(files.modelPath)).toEqual(source.graph);
			await cache.close();
		}
	};
	await Promise.all([work(1), work(3)]);
	expect(evictions).toBeGreaterThan(5);
});

import {
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	symlink,
	utimes,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { ModelCache } from "../../sidecar/runtime/model-cache.ts";
import { sha256Of, zipOf } from "../helpers/small-archive.ts";

const limits = {
	entries: 10,
	ratio: 100,
	unpackedBytes: 1_000_000,
	tokenizerBytes: 1_000_000,
};
const graph = Buffer.from("an ONNX graph");

let archive: Buffer;
let sha256 = "";
let folder = "";
let opened = 0;
const caches: ModelCache[] = [];

beforeAll(async () => {
	archive = await zipOf({ "model.onnx": graph, "tokenizer.json": graph });
	sha256 = sha256Of(archive);
});
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "cache-test-"));
	opened = 0;
});
afterEach(async () => {
	for (const each of caches.splice(0)) await each.close();
	await rm(folder, { recursive: true, force: true });
});

function cache(): ModelCache {
	const made = new ModelCache({ folder: join(folder, "models"), limits });
	caches.push(made);
	return made;
}

/** The archive in small chunks, as if from a network. */
function source(bytes = archive) {
	return {
		sha256,
		sizeBytes: archive.byteLength,
		open: async function* () {
			opened++;
			for (let at = 0; at < bytes.length; at += 50) {
				await new Promise(setImmediate);
				yield bytes.subarray(at, at + 50);
			}
		},
	};
}

async function left(): Promise<string[]> {
	return readdir(join(folder, "models"));
}

test("a model is fetched once, and is there after a restart without OpenSearch being read", async () => {
	const first = await cache().ensure(source());
	expect(basename(first.modelPath)).toBe("model.onnx");
	expect(await readFile(first.modelPath)).toEqual(graph);
	expect(await readFile(first.tokenizerPath)).toEqual(graph);
	expect(await cache().ensure(source())).toEqual(first);
	expect(opened).toBe(1);
	expect(await left()).toEqual([sha256]);
});

test.each([
	["changed", (file: string) => writeFile(file, "an ONNY graph")],
	["cut", (file: string) => writeFile(file, "an ONNX")],
	["deleted", (file: string) => rm(file)],
	[
		"replaced by a link",
		async (file: string) => {
			await rm(file);
			await writeFile(join(folder, "elsewhere"), graph);
			await symlink(join(folder, "elsewhere"), file);
		},
	],
	[
		"replaced by a folder",
		async (file: string) => {
			await rm(file);
			await mkdir(join(file, "within"), { recursive: true });
		},
	],
	[
		"left without its manifest",
		(file: string) => rm(join(dirname(file), "manifest.json")),
	],
	[
		"given a manifest of nonsense",
		(file: string) => writeFile(join(dirname(file), "manifest.json"), "{"),
	],
])(
	"a model that was %s on disk is fetched again, not run",
	async (_, damage) => {
		const { modelPath } = await cache().ensure(source());
		await damage(modelPath);
		expect(await cache().ensure(source())).toMatchObject({ modelPath });
		expect(await readFile(modelPath)).toEqual(graph);
		expect(opened).toBe(2);
		expect(await left()).toEqual([sha256]);
	},
);

test("a manifest cannot point out of its model's folder", async () => {
	const { modelPath } = await cache().ensure(source());
	const manifest = join(dirname(modelPath), "manifest.json");
	const json = await readFile(manifest, "utf8");
	await writeFile(join(folder, "models", "model.onnx"), graph);
	await writeFile(manifest, json.replaceAll(`"model.onnx"`, `"../model.onnx"`));
	expect(await cache().ensure(source())).toMatchObject({ modelPath });
	expect(opened).toBe(2);
});

test("content that is not what was registered is refused with both hashes, and not kept", async () => {
	const other = Buffer.from(archive);
	other.write("?", 20);
	await expect(cache().ensure(source(other))).rejects.toMatchObject({
		code: "bad_request",
		message: `model content changed: expected sha256 ${sha256}, got ${sha256Of(other)}`,
	});
	expect(await left()).toEqual([]);
});

test("content of another size than registered is refused with both sizes", async () => {
	const size = archive.byteLength;
	const less = source(archive.subarray(0, -1));
	await expect(cache().ensure(less)).rejects.toMatchObject({
		code: "bad_request",
		message: `model content changed: expected ${size} bytes, got ${size - 1}`,
	});
	const more = source(Buffer.concat([archive, graph]));
	await expect(cache().ensure(more)).rejects.toMatchObject({
		code: "bad_request",
		message: `model content changed: expected ${size} bytes, got more`,
	});
	expect(await left()).toEqual([]);
});

test("an endless content is not written to disk until that is full", async () => {
	let chunks = 0;
	const endless = {
		...source(),
		open: async function* () {
			for (;;) {
				chunks++;
				yield Buffer.alloc(64);
			}
		},
	};
	await expect(cache().ensure(endless)).rejects.toThrow("got more");
	expect(chunks).toBeLessThan(archive.byteLength / 64 + 3);
});

test("an error of the source arrives as it is, and the next try may work", async () => {
	const models = cache();
	const broken = {
		...source(),
		open: async () => {
			throw new Error("connection lost");
		},
	};
	await expect(models.ensure(broken)).rejects.toThrow("connection lost");
	await expect(models.ensure(source())).resolves.toBeDefined();
	expect(await left()).toEqual([sha256]);
});

test("a full disk is told as that, leaves nothing, and the next try may work", async () => {
	const models = cache();
	const full = Object.assign(new Error("ENOSPC: no space left, write"), {
		code: "ENOSPC",
		syscall: "write",
	});
	const late = {
		...source(),
		open: async function* () {
			yield archive.subarray(0, 50);
			throw full;
		},
	};
	await expect(models.ensure(late)).rejects.toMatchObject({
		code: "circuit_open",
		message: expect.stringContaining("cache folder is full"),
		cause: full,
	});
	expect(await left()).toEqual([]);
	await expect(models.ensure(source())).resolves.toBeDefined();
});

test("an archive that is no model leaves nothing behind", async () => {
	const bytes = await zipOf({ "model.onnx": graph });
	const bad = {
		...source(bytes),
		sha256: sha256Of(bytes),
		sizeBytes: bytes.byteLength,
	};
	await expect(cache().ensure(bad)).rejects.toThrow("No tokenizer file");
	expect(await left()).toEqual([]);
});

test("many who want a model at once fetch it once", async () => {
	const models = cache();
	const all = await Promise.all(
		Array.from({ length: 5 }, () => models.ensure(source())),
	);
	expect(new Set(all.map(({ modelPath }) => modelPath)).size).toBe(1);
	expect(opened).toBe(1);
});

test("sidecars that share a folder do not disturb each other, even over a damaged model", async () => {
	const { modelPath } = await cache().ensure(source());
	await writeFile(modelPath, "damaged");
	await Promise.all(
		Array.from({ length: 4 }, async () => {
			const mine = await cache().ensure(source());
			expect(mine).toMatchObject({ modelPath });
			expect(await readFile(mine.modelPath)).toEqual(graph);
		}),
	);
	expect(await readFile(modelPath)).toEqual(graph);
	expect(await left()).toEqual([sha256]);
});

test("what a killed sidecar left is removed; what another one is writing is not", async () => {
	const models = join(folder, "models");
	const [old, fresh] = [join(models, ".work-old"), join(models, ".work-fresh")];
	for (const path of [old, fresh]) {
		await mkdir(join(path, "unpacked"), { recursive: true });
	}
	const longAgo = new Date(Date.now() - 3_600_000);
	await utimes(old, longAgo, longAgo);
	await cache().ensure(source());
	expect((await left()).sort()).toEqual([".work-fresh", sha256].sort());
});

test("a sidecar killed in the middle of a fetch leaves no half model to be run", async () => {
	await mkdir(join(folder, "models"));
	// As far as a killed run can get: everything but the move to its place.
	const half = join(folder, "models", ".work-half", "unpacked");
	await mkdir(half, { recursive: true });
	await writeFile(join(half, "model.onnx"), "half");
	const { modelPath } = await cache().ensure(source());
	expect(await readFile(modelPath)).toEqual(graph);
	expect(opened).toBe(1);
});

test.each(["", "..", "../../etc", "A".repeat(64), "0".repeat(63)])(
	"%j is no hash and no path",
	async (hash) => {
		const bad = { ...source(), sha256: hash };
		await expect(cache().ensure(bad)).rejects.toMatchObject({
			code: "bad_request",
		});
	},
);

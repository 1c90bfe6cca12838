import { createWriteStream } from "node:fs";
import {
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ZipFile } from "yazl";
import {
	inspectArchive,
	unpackArchive,
} from "../../sidecar/runtime/archive.ts";

const limits = {
	entries: 20,
	ratio: 50,
	unpackedBytes: 100_000,
	tokenizerBytes: 20_000,
};
const model = Buffer.from("an ONNX graph");
const tokenizer = Buffer.from(`{"model":{}}`);

let folder = "";
let zipPath = "";
let target = "";

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "archive-test-"));
	zipPath = join(folder, "model.zip");
	target = join(folder, "unpacked");
	await mkdir(target);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Content {
	data?: Buffer;
	mode?: number;
	compress?: boolean;
	/** As a stream its sizes stand behind it, in a data descriptor. */
	streamed?: boolean;
	zip64?: boolean;
}

async function makeZip(files: Record<string, Content>): Promise<void> {
	const zip = new ZipFile();
	for (const [name, content] of Object.entries(files)) {
		const { data = Buffer.from(name), streamed, zip64, ...rest } = content;
		const options = { forceZip64Format: zip64 ?? false, ...rest };
		if (name.endsWith("/")) zip.addEmptyDirectory(name, rest);
		else if (streamed) zip.addReadStream(Readable.from([data]), name, options);
		else zip.addBuffer(data, name, options);
	}
	zip.end();
	await pipeline(zip.outputStream, createWriteStream(zipPath));
}

/** A model's archive with a file more, or without one. */
function modelWith(more: Record<string, Content> = {}) {
	return {
		"model.onnx": { data: model },
		"tokenizer.json": { data: tokenizer },
		...more,
	};
}

/** Writes over an archive's bytes, so that it says what no tool would write: equally long names, other numbers. */
async function forge(from: Buffer | string, to: Buffer | string) {
	const bytes = await readFile(zipPath);
	const [old, forged] = [Buffer.from(from), Buffer.from(to)];
	expect(forged.length).toBe(old.length);
	let at = bytes.indexOf(old);
	expect(at).toBeGreaterThan(0);
	for (; at >= 0; at = bytes.indexOf(old, at + 1)) forged.copy(bytes, at);
	await writeFile(zipPath, bytes);
}

function u32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

async function expectRefused(reason: RegExp | string): Promise<void> {
	const refusal = {
		code: "bad_request",
		message: expect.stringMatching(reason),
	};
	await expect(unpackArchive(zipPath, target, limits)).rejects.toMatchObject(
		refusal,
	);
}

/** As expectRefused, and nothing of the archive has been written by then. */
async function expectRefusedUnopened(reason: RegExp | string): Promise<void> {
	await expectRefused(reason);
	expect(await readdir(target)).toEqual([]);
	await expect(inspectArchive(zipPath, limits)).rejects.toMatchObject({
		message: expect.stringMatching(reason),
	});
}

test("a model is unpacked with what it needs and with nothing else", async () => {
	await makeZip({
		"README.md": {},
		"onnx/": {},
		"onnx/my-model.onnx": { data: model },
		"onnx/my-model.onnx_data": {},
		"onnx/weights.bin": {},
		"onnx/config.json": {},
		"other/weights.bin": {},
		"onnx/tokenizer.json": {},
		"tokenizer.json": { data: tokenizer },
		"idf.json": {},
		"__MACOSX/onnx/._my-model.onnx": {},
	});
	const unpacked = await unpackArchive(zipPath, target, limits);
	expect(unpacked.modelFile).toBe("my-model.onnx");
	const names = [
		"idf.json",
		"my-model.onnx",
		"my-model.onnx_data",
		"tokenizer.json",
		"weights.bin",
	];
	expect((await readdir(target)).sort()).toEqual(names);
	expect(unpacked.files.map(({ name }) => name).sort()).toEqual(names);
	expect(await readFile(join(target, "tokenizer.json"))).toEqual(tokenizer);
	expect(await readFile(join(target, "weights.bin"), "utf8")).toBe(
		"onnx/weights.bin",
	);
	const mode = (await stat(join(target, "my-model.onnx"))).mode & 0o777;
	expect(mode).toBe(0o600);
});

test("a tokenizer alone is a model where no graph is needed, with its weights", async () => {
	await makeZip({ "tokenizer.json": { data: tokenizer }, "idf.json": {} });
	const alone = { ...limits, withoutGraph: true };
	const unpacked = await unpackArchive(zipPath, target, alone);
	expect(unpacked.modelFile).toBe("tokenizer.json");
	expect((await readdir(target)).sort()).toEqual([
		"idf.json",
		"tokenizer.json",
	]);
	await expect(inspectArchive(zipPath, limits)).rejects.toThrow(
		"Can't find model file",
	);
});

test.each([
	["stored", { compress: false }],
	["deflated", { compress: true }],
	["streamed, its sizes behind it", { streamed: true }],
	["streamed and stored", { streamed: true, compress: false }],
	["zip64", { zip64: true }],
	["executable for Unix", { mode: 0o100755 }],
])("an archive is read however it was made: %s", async (_, content) => {
	const data = Buffer.from("0123456789".repeat(40));
	await makeZip(modelWith({ "model.onnx": { data, ...content } }));
	const { files } = await unpackArchive(zipPath, target, limits);
	expect(await readFile(join(target, "model.onnx"))).toEqual(data);
	expect(files.find(({ name }) => name === "model.onnx")).toMatchObject({
		sizeBytes: 400,
		sha256: "5db999e69b23b7a8ec7ef25adc1dcb4fcc7062e12547fe3a7fbcfbe714ed2789",
	});
});

test.each([
	["upwards", "xx/xx.onnx", "../xx.onnx"],
	["upwards from within", "aa/xx/b.onnx", "aa/../b.onnx"],
	["absolute", "xtmp/b.onnx", "/tmp/b.onnx"],
	["of Windows", "xxxa.onnx", "..\\a.onnx"],
	["of a drive", "xx/a.onnx", "c:/a.onnx"],
	["empty in the middle", "ax/xb.onnx", "ax//b.onnx"],
	["ending early", "a.onnxx.txt", "a.onnx\u0000.txt"],
])(
	"a path that is %s writes nothing outside its folder",
	async (_, harmless, path) => {
		await makeZip({ ...modelWith(), [harmless]: {} });
		await forge(harmless, path);
		await expectRefusedUnopened(/^Model archive /);
		expect((await readdir(folder)).sort()).toEqual(["model.zip", "unpacked"]);
	},
);

test.each([
	["a symbolic link", 0o120777],
	["a device", 0o020666],
	["a pipe", 0o010666],
])("%s in an archive is refused", async (_, mode) => {
	await makeZip(modelWith({ "weights.bin": { mode } }));
	await expectRefusedUnopened("holds a link or a device: weights.bin");
});

test.each(["lib.so", "lib.so.1.2", "a/B.DLL", "x.jar", "x.class", "x.dylib"])(
	"%s, which a library could be made to load, is refused in ml-commons' words",
	async (name) => {
		await makeZip(modelWith({ [name]: {} }));
		await expectRefusedUnopened(
			`Model archive contains a disallowed executable file: ${name}`,
		);
	},
);

test.each([
	["no model", { "tokenizer.json": {} }, "Can't find model file"],
	["no tokenizer", { "a.onnx": {} }, "No tokenizer file"],
	[
		"its tokenizer elsewhere",
		{ "a.onnx": {}, "onnx/tokenizer.json": {} },
		"No tokenizer file",
	],
	[
		"two models",
		{ "a.onnx": {}, "onnx/b.onnx": {}, "tokenizer.json": {} },
		"Find multiple model files, but expected only one",
	],
	[
		"a PyTorch model",
		{ "model.pt": {}, "tokenizer.json": {} },
		"Model format is ONNX, but find .pt file",
	],
])(
	"an archive with %s is refused in ml-commons' words",
	async (_, files, reason) => {
		await makeZip(files);
		await expectRefusedUnopened(`^${reason}$`);
	},
);

test.each([
	["twice", "weights.bin"],
	["twice for a file system without capitals", "WEIGHTS.BIN"],
])(
	"a file that is there %s is refused: which one was checked?",
	async (_, name) => {
		await makeZip(modelWith({ "weights.bin": {}, "weightz.bin": {} }));
		await forge("weightz.bin", name);
		await expectRefusedUnopened("twice");
	},
);

test("a bomb is refused by what it declares", async () => {
	const data = Buffer.alloc(60_000);
	await makeZip(modelWith({ "weights.bin": { data } }));
	await expectRefusedUnopened("50 times is the most");
});

test("many files that are large together are refused", async () => {
	const data = Buffer.from(
		Array.from({ length: 40_000 }, (_, i) => (i * i) % 251),
	);
	const parts = ["a.bin", "b.bin", "c.bin"].map((name) => [
		name,
		{ data, compress: false },
	]);
	await makeZip(modelWith(Object.fromEntries(parts)));
	await expectRefusedUnopened("100000 are the most");
});

test("an archive of very many entries is not read through", async () => {
	const names = Array.from({ length: 21 }, (_, i) => [`${i}.txt`, {}]);
	await makeZip(modelWith(Object.fromEntries(names)));
	await expectRefusedUnopened("has 23 entries; 20 are the most");
});

test("a bomb that declares a small size is stopped at that size", async () => {
	const data = Buffer.alloc(5_000, "01234567890abcdef");
	await makeZip(modelWith({ "model.onnx": { data } }));
	await forge(u32(5_000), u32(999));
	await expectRefused(/^Model archive /);
	const written = await stat(join(target, "model.onnx"));
	expect(written.size).toBeLessThan(1_000);
});

test("a bit that has changed on the way is found", async () => {
	await makeZip(modelWith({ "model.onnx": { data: model, compress: false } }));
	await forge("an ONNX graph", "an ONNY graph");
	await expectRefused("model.onnx has another checksum");
});

test.each([
	["empty", 0],
	["cut in the middle", 0.5],
	["cut at the very end", 0.98],
])(
	"an archive that is %s is the sender's error, with a reason",
	async (_, part) => {
		await makeZip(modelWith());
		const bytes = await readFile(zipPath);
		await writeFile(zipPath, bytes.subarray(0, bytes.length * part));
		await expectRefusedUnopened("cannot be read");
	},
);

test("an archive with any byte changed is unpacked rightly or refused, never a crash", async () => {
	await makeZip(modelWith({ "model.onnx": { data: model, streamed: true } }));
	const bytes = await readFile(zipPath);
	for (const [at, byte] of bytes.entries()) {
		const damaged = Buffer.from(bytes);
		damaged[at] = byte ^ 0xff;
		await writeFile(zipPath, damaged);
		await rm(target, { recursive: true });
		await mkdir(target);
		const outcome = await unpackArchive(zipPath, target, limits).catch(
			(error: unknown) => error,
		);
		if (outcome instanceof Error) {
			expect(outcome).toMatchObject({ code: "bad_request" });
		} else {
			expect(await readFile(join(target, "tokenizer.json"))).toEqual(tokenizer);
		}
	}
});

test("a missing archive is not the sender's error", async () => {
	await expect(unpackArchive(zipPath, target, limits)).rejects.toMatchObject({
		code: "ENOENT",
	});
});

test.each(["tokenizer.json", "idf.json"])(
	"%s that a model's process could not hold is refused, by the setting's name",
	async (name) => {
		await makeZip(
			modelWith({
				[name]: { data: Buffer.alloc(20_001, "x"), compress: false },
			}),
		);
		await expectRefusedUnopened(
			`has 20001 bytes in ${name}; SIDECAR_TOKENIZER_LIMIT allows 20000`,
		);
		await makeZip(
			modelWith({
				[name]: { data: Buffer.alloc(20_000, " x y z"), compress: false },
			}),
		);
		expect(await inspectArchive(zipPath, limits)).toBeDefined();
	},
);

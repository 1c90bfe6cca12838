import { createHash } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import type { Bytes } from "./call.ts";

const fixtures = new URL("../../fixtures/", import.meta.url);
const graph = "models/ids-and-mask.onnx";
const tokenizer = "tokenizers/small-wordpiece.json";

/** What is in each archive: name within it to fixture. The graph's token vectors are (id, 1), its tokens few. */
const contents: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	tiny: { "model.onnx": graph, "tokenizer.json": tokenizer },
	two_models: {
		"model.onnx": graph,
		"other.onnx": graph,
		"tokenizer.json": tokenizer,
	},
	no_model: { "tokenizer.json": tokenizer },
	no_tokenizer: { "model.onnx": graph },
	torch_file: { "model.pt": graph, "tokenizer.json": tokenizer },
	broken: { "model.onnx": tokenizer, "tokenizer.json": tokenizer },
	empty: {},
};

/** The same bytes everywhere: stored, with a constant time. */
async function zipped(files: Readonly<Record<string, string>>) {
	const zip = new ZipFile();
	const options = {
		compress: false,
		mode: 0o100644,
		mtime: new Date(1980, 0, 1),
		forceDosTimestamp: true,
	};
	for (const [name, fixture] of Object.entries(files))
		zip.addBuffer(await readFile(new URL(fixture, fixtures)), name, options);
	zip.end();
	return await buffer(zip.outputStream);
}

/** Small models' archives, good and bad, in a folder that every user of this machine can read. */
export class Archives {
	readonly #folder: string;
	readonly #content = new Map<string, Buffer>();
	/** `tiny_url`, `tiny_hash` and so on; and what they have in common. */
	readonly names = new Map<string, string>();

	private constructor(folder: string) {
		this.#folder = folder;
		this.names.set("archive_folder", folder);
	}

	static async create(): Promise<Archives> {
		const folder = await mkdtemp(join(tmpdir(), "conformance-"));
		await chmod(folder, 0o755);
		const archives = new Archives(folder);
		for (const [name, files] of Object.entries(contents))
			await archives.#add(name, await zipped(files));
		await archives.#add("not_a_zip", Buffer.from("this is no zip file"));
		return archives;
	}

	/** The bytes of a chunk. */
	bytes(bytes: Bytes): Uint8Array {
		if ("zeros" in bytes) return new Uint8Array(bytes.zeros);
		const content = this.#content.get(bytes.archive);
		if (content === undefined) throw new Error(`no archive ${bytes.archive}`);
		return content.subarray(bytes.from ?? 0, bytes.to);
	}

	async remove(): Promise<void> {
		await rm(this.#folder, { recursive: true, force: true });
	}

	async #add(name: string, content: Buffer): Promise<void> {
		await writeFile(join(this.#folder, `${name}.zip`), content);
		this.#content.set(name, content);
		this.names.set(
			`${name}_hash`,
			createHash("sha256").update(content).digest("hex"),
		);
	}
}

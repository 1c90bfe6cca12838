import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ulid } from "ulid";

/** Results in memory at most, bytes of their JSON; past it they are in a file. */
const memoryBytes = 16 * 1024 * 1024;

/**
 * The results of a bulk until all of them are there: what OpenSearch says before them, it knows after them. A bulk of a
 * hundred megabytes may have as many megabytes of results.
 */
export class BulkResults {
	readonly #folder: () => Promise<string>;
	#pieces: Buffer[] = [];
	#bytes = 0;
	#isEmpty = true;
	#file: FileHandle | undefined;

	/** @param folder for the file, if there is one; the file has no name there, and is gone with the process */
	constructor(folder: () => Promise<string>) {
		this.#folder = folder;
	}

	/** Whether the results are in memory. */
	get isSmall(): boolean {
		return this.#file === undefined;
	}

	async add(results: readonly string[]): Promise<void> {
		if (results.length === 0) return;
		const piece = Buffer.from((this.#isEmpty ? "" : ",") + results.join(","));
		this.#isEmpty = false;
		this.#pieces.push(piece);
		this.#bytes += piece.length;
		if (this.#bytes <= memoryBytes) return;
		this.#file ??= await nameless(await this.#folder());
		await this.#file.writeFile(Buffer.concat(this.#pieces));
		this.#pieces = [];
		this.#bytes = 0;
	}

	/** A JSON text with the results, as a list, in its middle. The results are gone afterwards. */
	text(before: string, after: string): Readable {
		const text = Readable.from(this.#parts(before, after), {
			objectMode: false,
		});
		// One that nobody begins to read is closed without a word to its source.
		text.once("close", () => void this.close());
		return text;
	}

	async close(): Promise<void> {
		const file = this.#file;
		this.#file = undefined;
		await file?.close();
	}

	async *#parts(before: string, after: string): AsyncGenerator<Buffer> {
		try {
			yield Buffer.from(before);
			if (this.#file)
				yield* this.#file.createReadStream({ start: 0, autoClose: false });
			yield* this.#pieces;
			yield Buffer.from(after);
		} finally {
			await this.close();
		}
	}
}

async function nameless(folder: string): Promise<FileHandle> {
	const path = join(folder, `bulk-${ulid()}`);
	const file = await open(path, "wx+", 0o600);
	await unlink(path);
	return file;
}

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { SidecarError } from "../errors.ts";
import {
	type ArchiveEntry,
	type ArchiveLimits,
	type ArchivePlan,
	checkEntry,
	planArchive,
	refused,
} from "./archive-plan.ts";

/** Bytes that may wait to be written, so that a disk and the hash work at the same time. */
const heldBytes = 1024 * 1024;

/** A file that has been unpacked. */
export interface UnpackedFile {
	name: string;
	sizeBytes: number;
	/** Lower-case hexadecimal. */
	sha256: string;
}

export interface UnpackedModel {
	/** The ONNX file's name in the folder; the tokenizer's is tokenizer.json, here too if there is no other. */
	modelFile: string;
	files: UnpackedFile[];
}

/** Says whether a file is a model's archive, without unpacking it. Throws as `unpackArchive` does. */
export async function inspectArchive(
	path: string,
	limits: ArchiveLimits,
): Promise<ArchivePlan> {
	return withArchive(path, async (zip) => {
		const { plan } = await readDirectory(zip, limits);
		return plan;
	});
}

/**
 * Unpacks a model's archive (zip, also zip64, stored entries or data descriptors) into a folder that exists and
 * is empty: the one *.onnx, data files beside it, tokenizer.json and idf.json, and nothing else. The whole
 * directory is checked before the first byte is written; sizes and checksums again while writing. Throws
 * `bad_request` with the reason for any archive that is damaged, unsafe, over a limit or no model's.
 */
export async function unpackArchive(
	path: string,
	folder: string,
	limits: ArchiveLimits,
): Promise<UnpackedModel> {
	return withArchive(path, async (zip) => {
		const { plan, entries } = await readDirectory(zip, limits);
		const files: UnpackedFile[] = [];
		for (const [name, target] of plan.targets) {
			const entry = entries.get(name);
			if (entry === undefined) throw refused(`has no ${name}`);
			files.push(await unpackEntry(zip, entry, join(folder, target)));
		}
		return { modelFile: plan.modelFile, files };
	});
}

async function withArchive<T>(
	path: string,
	use: (zip: ZipFile) => Promise<T>,
): Promise<T> {
	let zip: ZipFile | undefined;
	try {
		// While it unpacks, the library holds every entry to the sizes it declares.
		const options = { validateEntrySizes: true, strictFileNames: true };
		zip = await openPromise(path, { ...options, autoClose: false });
		// Reads report their errors themselves; an event nobody listens to would end the process.
		const broken = once(zip, "error").then(([error]) => Promise.reject(error));
		return await Promise.race([use(zip), broken]);
	} catch (error) {
		throw reasonOf(error);
	} finally {
		zip?.close();
	}
}

/** Every entry, checked. A directory that says more entries than are allowed is not read. */
async function readDirectory(
	zip: ZipFile,
	limits: ArchiveLimits,
): Promise<{ plan: ArchivePlan; entries: Map<string, Entry> }> {
	if (zip.entryCount > limits.entries) {
		throw refused(
			`has ${zip.entryCount} entries; ${limits.entries} are the most`,
		);
	}
	const entries = new Map<string, Entry>();
	const described: ArchiveEntry[] = [];
	for await (const entry of zip.eachEntry()) {
		const description = describe(entry);
		checkEntry(description, limits);
		described.push(description);
		entries.set(entry.fileName, entry);
	}
	return { plan: planArchive(described, limits), entries };
}

function describe(entry: Entry): ArchiveEntry {
	return {
		name: entry.fileName,
		compressedBytes: entry.compressedSize,
		unpackedBytes: entry.uncompressedSize,
		// Archives made on Unix have the mode in the upper half.
		mode: entry.externalFileAttributes >>> 16,
		encrypted: entry.isEncrypted(),
	};
}

async function unpackEntry(
	zip: ZipFile,
	entry: Entry,
	path: string,
): Promise<UnpackedFile> {
	const hash = createHash("sha256");
	let sizeBytes = 0;
	let crc = 0;
	await pipeline(
		await zip.openReadStreamPromise(entry),
		async function* (chunks: AsyncIterable<Buffer>) {
			for await (const chunk of chunks) {
				sizeBytes += chunk.byteLength;
				crc = crc32(chunk, crc);
				hash.update(chunk);
				yield chunk;
			}
		},
		createWriteStream(path, {
			flags: "wx",
			mode: 0o600,
			highWaterMark: heldBytes,
		}),
	);
	if (crc !== entry.crc32) {
		throw refused(`is damaged: ${entry.fileName} has another checksum`);
	}
	return { name: basename(path), sizeBytes, sha256: hash.digest("hex") };
}

/** Whatever the library or zlib says about the bytes is the archive's fault; what the system says is not. */
function reasonOf(error: unknown): unknown {
	if (error instanceof SidecarError || !(error instanceof Error)) return error;
	if ("syscall" in error) return error;
	return refused(`cannot be read: ${error.message}`, error);
}

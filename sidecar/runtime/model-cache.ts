import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import {
	lstat,
	mkdir,
	mkdtemp,
	readdir,
	rename,
	rm,
	stat,
	utimes,
} from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { SidecarError } from "../errors.ts";
import { unpackArchive } from "./archive.ts";
import type { ArchiveLimits } from "./archive-plan.ts";
import { manifestFile, readIntactFolder, writeManifest } from "./manifest.ts";

/** A model's archive, wherever it comes from. */
export interface ModelSource {
	/** Of the archive, hexadecimal; the model's name in the cache. */
	sha256: string;
	/** Of the archive. */
	sizeBytes: number;
	/** The archive's bytes; called only if they are needed. */
	open: () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;
}

/** A model's files, unpacked. */
export interface CachedModel {
	/** The ONNX file; tokenizer.json of an archive that has none. */
	modelPath: string;
	tokenizerPath: string;
}

export interface ModelCacheOptions {
	/** Holds one folder a model; made if it is not there. Several sidecars may share it. */
	folder: string;
	limits: ArchiveLimits;
}

const workPrefix = ".work-";

/** A work folder that nobody has touched for so long is what a crash left behind, milliseconds. */
const abandonedMs = 10 * 60 * 1000;

/** How often a work folder is touched while its archive arrives, milliseconds. */
const touchMs = 30 * 1000;

/** Unpacked models on disk, each in a folder named after its archive's sha256, and checked before each use. */
export class ModelCache {
	readonly #options: ModelCacheOptions;
	readonly #running = new Map<string, Promise<CachedModel>>();

	constructor(options: ModelCacheOptions) {
		this.#options = options;
	}

	/**
	 * A model's files: those in the cache, if every one of them is as it was unpacked, else unpacked anew from
	 * the source. An archive is streamed to disk, never held in memory, and nothing of it is unpacked before its
	 * size and hash are right. Throws `bad_request` if they are not, or if the archive is not one of a model;
	 * whatever the source throws; and the system's errors.
	 */
	ensure(source: ModelSource): Promise<CachedModel> {
		const { sha256 } = source;
		const running = this.#running.get(sha256);
		if (running !== undefined) return running;
		const started = this.#ensure(source).finally(() =>
			this.#running.delete(sha256),
		);
		this.#running.set(sha256, started);
		return started;
	}

	/** Deletes a model's files. One that is being fetched is fetched first. */
	async remove(sha256: string): Promise<void> {
		// Whether that worked is its caller's business.
		await Promise.allSettled([this.#running.get(sha256)]);
		await rm(this.#home(sha256), { recursive: true, force: true });
	}

	async #ensure(source: ModelSource): Promise<CachedModel> {
		const home = this.#home(source.sha256);
		await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
		await this.#removeAbandoned();
		return (await findModel(home)) ?? (await this.#fetch(source, home));
	}

	async #fetch(source: ModelSource, home: string): Promise<CachedModel> {
		const work = await mkdtemp(join(this.#options.folder, workPrefix));
		try {
			const archive = join(work, "archive.zip");
			await receive(source, { archive, work });
			const unpacked = join(work, "unpacked");
			await mkdir(unpacked);
			// Whether that is all a model needs is for its function to say, which the archive's hash does not tell.
			const limits = { ...this.#options.limits, withoutGraph: true };
			const model = await whileTouching(work, () =>
				unpackArchive(archive, unpacked, limits),
			);
			await writeManifest(unpacked, model);
			const { modelFile } = model;
			return await place({ unpacked, modelFile }, home);
		} finally {
			await rm(work, { recursive: true, force: true });
		}
	}

	#home(sha256: string): string {
		if (!/^[0-9a-f]{64}$/.test(sha256)) {
			const given = JSON.stringify(sha256);
			throw new SidecarError("bad_request", `${given} is no sha256`);
		}
		return join(this.#options.folder, sha256);
	}

	async #removeAbandoned(): Promise<void> {
		const { folder } = this.#options;
		for (const name of await readdir(folder)) {
			if (!name.startsWith(workPrefix)) continue;
			const path = join(folder, name);
			// Undefined: its owner has just removed it.
			const found = await stat(path).catch(() => undefined);
			if (found && Date.now() - found.mtimeMs > abandonedMs) {
				await rm(path, { recursive: true, force: true });
			}
		}
	}
}

async function findModel(home: string): Promise<CachedModel | undefined> {
	const model = await readIntactFolder(home);
	return model && modelIn(home, model.modelFile);
}

function modelIn(home: string, modelFile: string): CachedModel {
	return {
		modelPath: join(home, modelFile),
		tokenizerPath: join(home, "tokenizer.json"),
	};
}

/** Writes an archive to disk. Throws `bad_request` as soon as its size or hash cannot be right any more. */
async function receive(
	{ sha256, sizeBytes, open }: ModelSource,
	{ archive, work }: { archive: string; work: string },
): Promise<void> {
	const hash = createHash("sha256");
	let received = 0;
	async function* checked(): AsyncGenerator<Uint8Array> {
		for await (const chunk of await open()) {
			received += chunk.byteLength;
			if (received > sizeBytes) {
				throw changed(`expected ${sizeBytes} bytes, got more`);
			}
			hash.update(chunk);
			yield chunk;
		}
	}
	await whileTouching(work, () =>
		pipeline(checked, createWriteStream(archive, { mode: 0o600 })),
	);
	if (received !== sizeBytes) {
		throw changed(`expected ${sizeBytes} bytes, got ${received}`);
	}
	const found = hash.digest("hex");
	if (found !== sha256) {
		throw changed(`expected sha256 ${sha256}, got ${found}`);
	}
}

/**
 * Moves an unpacked model to its place: as a whole if that is free. A model that is there already is used if
 * it is intact; if not, its files are replaced one by one, so that none is missing for a moment to a process
 * that starts from them, or that repairs them at the same time.
 */
async function place(
	{ unpacked, modelFile }: { unpacked: string; modelFile: string },
	home: string,
): Promise<CachedModel> {
	try {
		await rename(unpacked, home);
		return modelIn(home, modelFile);
	} catch (error) {
		if (!hasCode(error, ["ENOTEMPTY", "EEXIST", "ENOTDIR"])) throw error;
	}
	const theirs = await findModel(home);
	if (theirs !== undefined) return theirs;
	if (!(await lstat(home)).isDirectory()) await rm(home, { force: true });
	await mkdir(home, { recursive: true });
	const files = await readdir(unpacked);
	const contents = files.filter((name) => name !== manifestFile);
	for (const name of [...contents, manifestFile]) {
		await replace(join(unpacked, name), join(home, name));
	}
	return modelIn(home, modelFile);
}

async function replace(from: string, to: string): Promise<void> {
	try {
		await rename(from, to);
	} catch (error) {
		if (!hasCode(error, ["EISDIR", "ENOTEMPTY", "EEXIST"])) throw error;
		await rm(to, { recursive: true, force: true });
		await rename(from, to);
	}
}

/** Keeps a work folder from counting as abandoned. */
async function whileTouching<T>(
	work: string,
	act: () => Promise<T>,
): Promise<T> {
	const touch = (): void => {
		const now = new Date();
		// If the folder is gone, so is the work in it, which then fails by itself.
		utimes(work, now, now).catch(() => undefined);
	};
	const timer = setInterval(touch, touchMs);
	try {
		return await act();
	} finally {
		clearInterval(timer);
	}
}

function changed(detail: string): SidecarError {
	return new SidecarError("bad_request", `model content changed: ${detail}`);
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
	return (
		error instanceof Error &&
		"code" in error &&
		typeof error.code === "string" &&
		codes.includes(error.code)
	);
}

import { lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { SidecarError } from "../errors.ts";
import { inspectArchive, unpackArchive } from "./archive.ts";
import type { ArchiveLimits } from "./archive-plan.ts";
import { CacheMarks } from "./cache-marks.ts";
import { CacheRoom, RoomTaken } from "./cache-room.ts";
import { manifestFile, readIntactFolder, writeManifest } from "./manifest.ts";
import { type ModelSource, receiveArchive } from "./model-source.ts";
import type { PreparationRoom } from "./model-spec.ts";
import { RuntimeStopped } from "./runtime-stopped.ts";
import { hasCode } from "./system-error.ts";

/** A model's files, unpacked. */
export interface CachedModel {
	/** The ONNX file; tokenizer.json of an archive that has none. */
	modelPath: string;
	tokenizerPath: string;
	/** Where what is prepared of the graph may be kept. */
	preparation: PreparationRoom;
}

export interface ModelCacheOptions {
	/** Holds one folder a model; made if it is not there. Several sidecars may share it. */
	folder: string;
	limits: ArchiveLimits;
	/** All files in the folder, bytes; no limit if 0 or left out. */
	maxBytes?: number;
	/** Paths of files that models of this process run from: those are never deleted. */
	inUse?: () => Iterable<string>;
	/** A model's files have been deleted, to make room. */
	onEvicted?: (sha256: string, bytes: number) => void;
}

/** How long a fetch waits for room that other sidecars take only for a while, milliseconds. */
const patienceMs = 10 * 60 * 1000;

/** Between two looks, milliseconds, and as much again at random: those that wait for each other don't meet again. */
const lookMs = 200;

/**
 * Unpacked models on disk, each in a folder named after its archive's sha256, and checked before each use. The least
 * recently used that no process uses leaves when its room is needed, and only then: also after the model was deleted.
 */
export class ModelCache {
	readonly #options: ModelCacheOptions;
	readonly #marks: CacheMarks;
	readonly #room: CacheRoom;
	readonly #running = new Map<string, Promise<CachedModel>>();
	readonly #closing = new AbortController();
	/** The end of the last fetch that has been asked for. */
	#turn: Promise<unknown> = Promise.resolve();

	constructor(options: ModelCacheOptions) {
		const { folder, maxBytes = 0, inUse = () => [], onEvicted } = options;
		this.#options = options;
		this.#marks = new CacheMarks(inUse);
		this.#room = new CacheRoom({
			folder,
			maxBytes,
			marks: this.#marks,
			onEvicted: onEvicted ?? (() => undefined),
		});
	}

	/**
	 * A model's files: those in the cache, if every one of them is as it was unpacked, else unpacked anew from
	 * the source. An archive is streamed to disk, never held in memory, and nothing of it is unpacked before its
	 * size and hash are right. The files stay if `inUse` names one of them as soon as this has resolved, and for as
	 * long as it does. Throws `bad_request` if size or hash are not right, if the archive is not one of a model, or
	 * if the model is larger than the cache; `circuit_open` where its room is in use, or the disk is full;
	 * RuntimeStopped once `close` has been called; whatever the source throws; and the system's errors.
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

	/** Ends the waits, and lets other sidecars delete what this one used. */
	async close(): Promise<void> {
		this.#closing.abort();
		await Promise.allSettled(this.#running.values());
		this.#marks.close();
	}

	async #ensure(source: ModelSource): Promise<CachedModel> {
		this.#checkOpen();
		const home = this.#home(source.sha256);
		return this.#marks.whileAwaited(home, async () => {
			await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
			await this.#room.removeAbandoned();
			return (
				(await this.#find(home)) ??
				(await this.#inTurn(() => this.#fetchPatiently(source, home)))
			);
		});
	}

	/** Marked first: from then on it stays as it is found. */
	async #find(home: string): Promise<CachedModel | undefined> {
		return (await this.#marks.put(home)) ? this.#findIn(home) : undefined;
	}

	/** One fetch at a time, so that those of one process never wait for each other's room. */
	#inTurn<T>(work: () => Promise<T>): Promise<T> {
		const result = this.#turn.then(work);
		this.#turn = result.catch(() => undefined);
		return result;
	}

	async #fetchPatiently(
		source: ModelSource,
		home: string,
	): Promise<CachedModel> {
		const { signal } = this.#closing;
		const until = performance.now() + patienceMs;
		for (;;) {
			this.#checkOpen();
			try {
				return await this.#fetch(source, home);
			} catch (error) {
				if (hasCode(error, ["ENOSPC", "EDQUOT"])) throw diskFull(source, error);
				if (!(error instanceof RoomTaken) || performance.now() > until)
					throw error;
			}
			const wait = lookMs * (1 + Math.random());
			// An abort is seen at the beginning of the next round.
			await setTimeout(wait, undefined, { signal }).catch(() => undefined);
			// It may be what the other one has unpacked.
			const found = await this.#find(home);
			if (found !== undefined) return found;
		}
	}

	#fetch(source: ModelSource, home: string): Promise<CachedModel> {
		// Whether that is all a model needs is for its function to say, which the archive's hash does not tell.
		const limits = { ...this.#options.limits, withoutGraph: true };
		return this.#room.use(source.sizeBytes, home, async (received) => {
			const archive = join(received, "archive.zip");
			await receiveArchive(source, archive);
			const { unpackedBytes } = await inspectArchive(archive, limits);
			return this.#room.use(unpackedBytes, home, async (work) => {
				const unpacked = join(work, "unpacked");
				await mkdir(unpacked);
				const model = await unpackArchive(archive, unpacked, limits);
				await writeManifest(unpacked, model);
				await this.#marks.put(home, unpacked);
				return this.#place({ unpacked, modelFile: model.modelFile }, home);
			});
		});
	}

	/**
	 * Moves an unpacked model to its place: as a whole if that is free. A model that is there already is used if
	 * it is intact; if not, its files are replaced one by one, so that none is missing for a moment to a process
	 * that starts from them, or that repairs them at the same time.
	 */
	async #place(
		{ unpacked, modelFile }: { unpacked: string; modelFile: string },
		home: string,
	): Promise<CachedModel> {
		try {
			await rename(unpacked, home);
			return this.#modelIn(home, modelFile);
		} catch (error) {
			if (!hasCode(error, ["ENOTEMPTY", "EEXIST", "ENOTDIR"])) throw error;
		}
		const theirs = await this.#find(home);
		if (theirs !== undefined) return theirs;
		if (!(await lstat(home)).isDirectory()) await rm(home, { force: true });
		await mkdir(home, { recursive: true });
		const files = await readdir(unpacked);
		const contents = files.filter((name) => name !== manifestFile);
		for (const name of [...contents, manifestFile]) {
			await replace(join(unpacked, name), join(home, name));
		}
		return this.#modelIn(home, modelFile);
	}

	async #findIn(home: string): Promise<CachedModel | undefined> {
		const model = await readIntactFolder(home);
		return model && this.#modelIn(home, model.modelFile);
	}

	#modelIn(home: string, modelFile: string): CachedModel {
		const { folder, maxBytes = 0 } = this.#options;
		return {
			modelPath: join(home, modelFile),
			tokenizerPath: join(home, "tokenizer.json"),
			preparation: { folder, maxBytes },
		};
	}

	#checkOpen(): void {
		if (this.#closing.signal.aborted)
			throw new RuntimeStopped("the sidecar is stopping");
	}

	#home(sha256: string): string {
		if (!/^[0-9a-f]{64}$/.test(sha256)) {
			const given = JSON.stringify(sha256);
			throw new SidecarError("bad_request", `${given} is no sha256`);
		}
		return join(this.#options.folder, sha256);
	}
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

function diskFull({ sizeBytes }: ModelSource, cause: unknown): SidecarError {
	return new SidecarError(
		"circuit_open",
		`The disk with the cache folder is full: there is no space for a model whose archive has ${sizeBytes} bytes`,
		{ cause },
	);
}

import { randomUUID } from "node:crypto";
import { renameSync } from "node:fs";
import { lstat, mkdtemp, readdir, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { SidecarError } from "../errors.ts";
import {
	abandonedMs,
	type CacheMarks,
	lastUse,
	touchMs,
} from "./cache-marks.ts";
import { hasCode } from "./system-error.ts";

export interface CacheRoomOptions {
	/** The cache folder. */
	folder: string;
	/** All files in it, bytes; 0 for no limit. */
	maxBytes: number;
	marks: CacheMarks;
	/** Whether models are deleted to make room; they are if left out. */
	evicts?: boolean;
	/** A model's files have been deleted, to make room. */
	onEvicted: (sha256: string, bytes: number) => void;
}

/** There will be room when another sidecar has unpacked its model. */
export class RoomTaken extends SidecarError {
	constructor(reason: string) {
		super("circuit_open", reason);
	}
}

interface Home {
	path: string;
	sha256: string;
	bytes: number;
	usedAt: number;
	used: boolean;
}

const workPrefix = ".work-";

/**
 * The space in the cache folder, which may be shared: of what no process uses, the least recently used goes first.
 * What is on its way counts with the size it will have, which is in the name of its folder.
 */
export class CacheRoom {
	readonly #options: CacheRoomOptions;
	/** Bytes of the work folders of this process, by name. */
	readonly #work = new Map<string, number>();

	constructor(options: CacheRoomOptions) {
		this.#options = options;
	}

	/**
	 * Gives work a folder, with room for so many bytes, that is gone afterwards. Throws `bad_request` if there can
	 * never be room; `circuit_open` while there is none; RoomTaken if that will pass by itself.
	 *
	 * @param home what the work will replace; it doesn't count
	 */
	async use<T>(
		bytes: number,
		home: string,
		work: (folder: string) => Promise<T>,
	): Promise<T> {
		// First the name that the others count, then the count: two that do so at once both see each other.
		const { folder } = this.#options;
		const path = await mkdtemp(join(folder, `${workPrefix}${bytes}-`));
		const name = basename(path);
		this.#work.set(name, bytes);
		try {
			return await whileTouching(path, async () => {
				await this.#makeRoom(home);
				return work(path);
			});
		} finally {
			await rm(path, { recursive: true, force: true });
			this.#work.delete(name);
		}
	}

	/** Removes what processes that are gone had on its way. */
	async removeAbandoned(): Promise<void> {
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

	async #makeRoom(home: string): Promise<void> {
		const { maxBytes, evicts = true } = this.#options;
		if (maxBytes === 0) return;
		const wanted = sum(this.#work.values());
		if (wanted > maxBytes) {
			throw new SidecarError(
				"bad_request",
				`Model needs at least ${wanted} bytes of the cache folder, for its archive and what is unpacked of it; SIDECAR_CACHE_MAX_BYTES is ${maxBytes}`,
			);
		}
		// In this order: what arrives in between counts twice rather than not at all.
		const foreign = await this.#foreignWork();
		const homes = (await this.#homes()).filter(({ path }) => path !== home);
		const cached = sum(homes.map(({ bytes }) => bytes));
		let over = wanted + foreign + cached - maxBytes;
		if (over <= 0) return;
		const unused = evicts ? homes.filter(({ used }) => !used) : [];
		const deletable = sum(unused.map(({ bytes }) => bytes));
		// What would not be enough is not deleted for nothing.
		if (over <= deletable) {
			for (const found of unused.sort((a, b) => a.usedAt - b.usedAt)) {
				if (await this.#evict(found)) over -= found.bytes;
				if (over <= 0) return;
			}
		}
		const reason = `No room in the cache folder: ${wanted} bytes are needed, ${foreign + cached - deletable} are in use, and SIDECAR_CACHE_MAX_BYTES is ${maxBytes}`;
		throw foreign > 0
			? new RoomTaken(reason)
			: new SidecarError("circuit_open", reason);
	}

	async #homes(): Promise<Home[]> {
		const { folder, marks } = this.#options;
		const homes: Home[] = [];
		for (const sha256 of await readdir(folder)) {
			if (!/^[0-9a-f]{64}$/.test(sha256)) continue;
			const path = join(folder, sha256);
			try {
				homes.push({
					path,
					sha256,
					bytes: await bytesIn(path),
					usedAt: await lastUse(path),
					used: marks.isUsed(path),
				});
			} catch (error) {
				if (!isGone(error)) throw error;
			}
		}
		return homes;
	}

	/** What other sidecars have on its way, bytes. */
	async #foreignWork(): Promise<number> {
		const { folder } = this.#options;
		let bytes = 0;
		for (const name of await readdir(folder)) {
			if (!name.startsWith(workPrefix) || this.#work.has(name)) continue;
			const announced = /^\.work-(\d+)-/.exec(name)?.[1] ?? 0;
			bytes += Math.max(
				Number(announced),
				await bytesIn(join(folder, name)).catch(ifGone(0)),
			);
		}
		return bytes;
	}

	/**
	 * Deletes a model that nobody uses. It is moved away first and looked at again: a process that began to use it in
	 * between has put its mark there, and gets it back before it can have missed it.
	 */
	async #evict({ path, sha256, bytes }: Home): Promise<boolean> {
		const { folder, marks, onEvicted } = this.#options;
		const moved = join(folder, `${workPrefix}evicted-${randomUUID()}`);
		try {
			if (marks.isUsed(path)) return false;
			renameSync(path, moved);
			if (marks.isUsed(path, moved)) {
				renameSync(moved, path);
				return false;
			}
		} catch (error) {
			// Somebody else was quicker: to delete it, or to unpack it again.
			if (isGone(error)) return true;
			if (!hasCode(error, ["ENOTEMPTY", "EEXIST"])) throw error;
		}
		await rm(moved, { recursive: true, force: true });
		onEvicted(sha256, bytes);
		return true;
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

async function bytesIn(folder: string): Promise<number> {
	let bytes = 0;
	const options = { recursive: true, withFileTypes: true } as const;
	for (const entry of await readdir(folder, options)) {
		if (!entry.isFile()) continue;
		const path = join(entry.parentPath, entry.name);
		bytes += (await lstat(path).catch(ifGone({ size: 0 }))).size;
	}
	return bytes;
}

function ifGone<T>(otherwise: T): (error: unknown) => T {
	return (error) => {
		if (!isGone(error)) throw error;
		return otherwise;
	};
}

function isGone(error: unknown): boolean {
	return hasCode(error, ["ENOENT", "ENOTDIR"]);
}

function sum(numbers: Iterable<number>): number {
	let total = 0;
	for (const number of numbers) total += number;
	return total;
}

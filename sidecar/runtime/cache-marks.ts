import { randomUUID } from "node:crypto";
import { readdirSync, rmSync, statSync } from "node:fs";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { hasCode } from "./system-error.ts";

/** What nobody has touched for so long was left behind by a process that is gone, milliseconds. */
export const abandonedMs = 10 * 60 * 1000;

/** How often marks and work folders are touched, milliseconds. */
export const touchMs = 30 * 1000;

const prefix = ".use-";

/**
 * Says in the cache folder which models this process uses: an empty file in a model's folder, touched for as long as
 * it does. One that was not touched for a long time says nothing any more; its process was killed.
 */
export class CacheMarks {
	readonly #inUse: () => Iterable<string>;
	readonly #name = `${prefix}${randomUUID()}`;
	/** Models' folders that have a mark of this process. */
	readonly #marked = new Set<string>();
	/** Those that somebody in this process is about to use, and how many times. */
	readonly #awaited = new Map<string, number>();
	#timer: NodeJS.Timeout | undefined;

	/** @param inUse paths of files that models of this process run from */
	constructor(inUse: () => Iterable<string>) {
		this.#inUse = inUse;
	}

	/** Counts a model's folder as in use until `work` has ended and its caller has had a turn. */
	async whileAwaited<T>(home: string, work: () => Promise<T>): Promise<T> {
		this.#awaited.set(home, (this.#awaited.get(home) ?? 0) + 1);
		try {
			return await work();
		} finally {
			// The caller, who hears of it first, has the model's files in use by then.
			setImmediate(() => {
				const others = (this.#awaited.get(home) ?? 1) - 1;
				if (others > 0) this.#awaited.set(home, others);
				else this.#awaited.delete(home);
			});
		}
	}

	/**
	 * Marks a model's folder.
	 *
	 * @param folder where it still is, if it is not in its place yet
	 * @returns false if there is none
	 */
	async put(home: string, folder = home): Promise<boolean> {
		try {
			await removeAbandoned(folder);
			await writeFile(join(folder, this.#name), "", { mode: 0o600 });
		} catch (error) {
			if (hasCode(error, ["ENOENT", "ENOTDIR"])) return false;
			// A model that this process can't mark can be read all the same.
			const unmarkable = ["EROFS", "EPERM", "EACCES", "ENOSPC", "EDQUOT"];
			if (!hasCode(error, unmarkable)) throw error;
			return true;
		}
		this.#marked.add(home);
		this.#timer ??= setInterval(() => this.#renew(), touchMs).unref();
		return true;
	}

	/**
	 * Whether any process uses a model. Not asynchronous, so that hardly anything can happen between this and what is
	 * done because of it.
	 *
	 * @param folder where it is now, if that is not its place
	 */
	isUsed(home: string, folder = home): boolean {
		if (this.#usesHere(home)) return true;
		const marks = readdirSync(folder).filter(
			(name) => name.startsWith(prefix) && name !== this.#name,
		);
		return marks.some((name) => {
			const path = join(folder, name);
			return !isOld(statSync(path, { throwIfNoEntry: false }));
		});
	}

	/** Takes this process's marks away. */
	close(): void {
		clearInterval(this.#timer);
		for (const home of this.#marked) this.#take(home);
	}

	#usesHere(home: string): boolean {
		if (this.#awaited.has(home)) return true;
		for (const path of this.#inUse())
			if (path.startsWith(home + sep)) return true;
		return false;
	}

	#renew(): void {
		for (const home of this.#marked) {
			// At once, or it could be a mark that was put again meanwhile.
			if (!this.#usesHere(home)) this.#take(home);
			// The next round tries again, many times before the mark is too old.
			else this.put(home).catch(() => undefined);
		}
	}

	#take(home: string): void {
		rmSync(join(home, this.#name), { force: true });
		this.#marked.delete(home);
	}
}

/** When a model's folder was last used: its own time is that of its last mark set or taken away. */
export async function lastUse(folder: string): Promise<number> {
	const marks = await marksIn(folder);
	const { mtimeMs } = await stat(folder);
	return Math.max(mtimeMs, ...marks.map(({ found }) => found?.mtimeMs ?? 0));
}

async function removeAbandoned(folder: string): Promise<void> {
	for (const { path, found } of await marksIn(folder))
		if (isOld(found)) await rm(path, { force: true });
}

async function marksIn(folder: string) {
	const names = (await readdir(folder)).filter((name) =>
		name.startsWith(prefix),
	);
	return Promise.all(
		names.map(async (name) => {
			const path = join(folder, name);
			// Undefined: its owner has just removed it.
			return { path, found: await stat(path).catch(() => undefined) };
		}),
	);
}

function isOld(found: { mtimeMs: number } | undefined): boolean {
	return found === undefined || Date.now() - found.mtimeMs > abandonedMs;
}

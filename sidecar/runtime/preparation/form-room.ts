import {
	lstat,
	mkdir,
	readdir,
	rename,
	rm,
	stat,
	utimes,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CacheMarks } from "../cache-marks.ts";
import { CacheRoom } from "../cache-room.ts";
import type { ModelSpec } from "../model-spec.ts";
import { hasCode } from "../system-error.ts";
import { PreparedForm } from "./prepared-form.ts";

/** A prepared graph has its weights twice at most: as they came, and as the processor reads them. */
const growth = 2;

/** Forms of a model that are kept: sidecars of several versions, or on several machines, may share a folder. */
const mostForms = 3;

/** Where a form is made, which is gone afterwards. */
export interface FormWork {
	folder: string;
	/** What the form may take at most. */
	bytes: number;
}

/**
 * Gives work a folder on the disk that has the model, with room for a form of its graph. For a form no other model
 * is deleted. Throws SidecarError where there is no room for it, and the system's errors.
 */
export async function inFormRoom<T>(
	{ modelPath }: ModelSpec,
	{ folder: cache, maxBytes }: NonNullable<ModelSpec["preparation"]>,
	work: (work: FormWork) => Promise<T>,
): Promise<T> {
	const bytes = growth * (await graphBytes(dirname(modelPath)));
	const room = new CacheRoom({
		folder: cache,
		maxBytes,
		marks: new CacheMarks(() => [modelPath]),
		evicts: false,
		onEvicted: () => undefined,
	});
	// Nothing is replaced by it.
	return room.use(bytes, "", (folder) => work({ folder, bytes }));
}

/** Bytes of the graph's files: of all that the archive had, but the tokenizer. */
export async function graphBytes(home: string): Promise<number> {
	const names = await readdir(home);
	const sizes = await Promise.all(
		names.map(async (name) => {
			if (name === "tokenizer.json") return 0;
			const found = await lstat(join(home, name)).catch(() => undefined);
			return found?.isFile() ? found.size : 0;
		}),
	);
	return sizes.reduce((sum, size) => sum + size, 0);
}

/** Moves a form to its place, as a whole; where a good one has come before it, that one stays. */
export async function placeForm(from: string, to: string): Promise<void> {
	await mkdir(dirname(to), { recursive: true });
	try {
		await rename(from, to);
	} catch (error) {
		if (!hasCode(error, ["ENOTEMPTY", "EEXIST", "ENOTDIR"])) throw error;
		const theirs = await PreparedForm.find(to);
		if (theirs !== undefined && (await theirs.isIntact())) return;
		await rename(to, `${from}.damaged`);
		await rename(from, to);
	}
	await removeOld(to);
}

/** Says that a form is used, so that it stays when others go. */
export async function touchForm(folder: string): Promise<void> {
	const now = new Date();
	// In a folder that can't be written to nothing is deleted either.
	await utimes(folder, now, now).catch(() => undefined);
}

/** Deletes the forms that have not been used for the longest time. A process that runs from one has it mapped. */
async function removeOld(latest: string): Promise<void> {
	const folder = dirname(latest);
	const names = await readdir(folder);
	const others = await Promise.all(
		names
			.filter((name) => name !== basename(latest))
			.map(async (name) => {
				const path = join(folder, name);
				const found = await stat(path).catch(() => undefined);
				return { path, usedAt: found?.mtimeMs ?? 0 };
			}),
	);
	others.sort((a, b) => b.usedAt - a.usedAt);
	for (const { path } of others.slice(mostForms - 1))
		await rm(path, { recursive: true, force: true });
}

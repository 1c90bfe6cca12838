import { createHash } from "node:crypto";
import { lstat, open, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { UnpackedModel } from "./archive.ts";
import { hasCode } from "./system-error.ts";

/** What of a file is read and hashed at a time, bytes. */
const pieceBytes = 1024 * 1024;

/** Its name in a model's folder; written last, so that a folder without one is not complete. */
export const manifestFile = "manifest.json";

/** Says what is in a model's folder, so that it can be told later whether it still is. */
export async function writeManifest(
	folder: string,
	model: UnpackedModel,
): Promise<void> {
	const json = JSON.stringify(model, undefined, "\t");
	await writeFile(join(folder, manifestFile), json, { flag: "wx" });
}

/**
 * What is in a model's folder, if that is exactly what was unpacked there: every file is read and hashed.
 * Undefined for a folder that is not there, not complete, or not as it was.
 */
export async function readIntactFolder(
	folder: string,
): Promise<UnpackedModel | undefined> {
	const model = await readManifest(folder);
	if (model === undefined) return undefined;
	for (const file of model.files) {
		if (!(await hasSize(folder, file))) return undefined;
		if (!(await hasHash(folder, file))) return undefined;
	}
	return model;
}

/** What is known of a file in a folder. */
export type KnownFile = UnpackedModel["files"][number];

/** Whether a file is there and as long as it was. */
export async function hasSize(
	folder: string,
	{ name, sizeBytes }: KnownFile,
): Promise<boolean> {
	const found = await lstat(join(folder, name)).catch(missing);
	return found?.isFile() === true && found.size === sizeBytes;
}

/** Whether a file is there and holds what it held: it is read. */
export async function hasHash(
	folder: string,
	{ name, sha256 }: KnownFile,
): Promise<boolean> {
	return (await hashFile(join(folder, name)).catch(missing)) === sha256;
}

async function readManifest(
	folder: string,
): Promise<UnpackedModel | undefined> {
	const manifest = await readJson(join(folder, manifestFile));
	return isManifest(manifest) ? manifest : undefined;
}

/** What a file of JSON holds; undefined for one that is not there or is none. */
export async function readJson(path: string): Promise<unknown> {
	const json = await readFile(path, "utf8").catch(missing);
	if (json === undefined) return undefined;
	try {
		return JSON.parse(json);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	}
}

function isManifest(value: unknown): value is UnpackedModel {
	if (typeof value !== "object" || value === null) return false;
	if (!("modelFile" in value) || !("files" in value)) return false;
	const { modelFile, files } = value;
	return (
		Array.isArray(files) &&
		files.every(isKnownFile) &&
		files.some(({ name }) => name === modelFile) &&
		files.some(({ name }) => name === "tokenizer.json")
	);
}

/** Whether something that was read from a manifest tells of a file beside it. */
export function isKnownFile(value: unknown): value is KnownFile {
	return (
		typeof value === "object" &&
		value !== null &&
		"name" in value &&
		typeof value.name === "string" &&
		// The folder may have been written to by somebody else: nothing outside it is read.
		value.name === basename(value.name) &&
		"sizeBytes" in value &&
		"sha256" in value
	);
}

/** A file's sha256, in hexadecimal digits. */
export async function hashFile(path: string): Promise<string> {
	const hash = createHash("sha256");
	// One buffer for all of it: a stream has a new one for each piece, which stay in memory for a while.
	const buffer = Buffer.allocUnsafeSlow(pieceBytes);
	const file = await open(path);
	try {
		for (;;) {
			const { bytesRead } = await file.read(buffer, 0, pieceBytes);
			if (bytesRead === 0) break;
			hash.update(buffer.subarray(0, bytesRead));
		}
	} finally {
		await file.close();
	}
	return hash.digest("hex");
}

/** No file, or no folder on the way to it, is an answer; any other error is one. */
function missing(error: unknown): undefined {
	if (!hasCode(error, ["ENOENT", "ENOTDIR"])) throw error;
	return undefined;
}

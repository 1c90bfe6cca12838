import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { UnpackedModel } from "./archive.ts";
import { hasCode } from "./system-error.ts";

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
	for (const { name, sizeBytes, sha256 } of model.files) {
		const path = join(folder, name);
		const found = await lstat(path).catch(missing);
		if (!found?.isFile() || found.size !== sizeBytes) return undefined;
		if ((await hashFile(path).catch(missing)) !== sha256) return undefined;
	}
	return model;
}

async function readManifest(
	folder: string,
): Promise<UnpackedModel | undefined> {
	const json = await readFile(join(folder, manifestFile), "utf8").catch(
		missing,
	);
	if (json === undefined) return undefined;
	try {
		const manifest: unknown = JSON.parse(json);
		return isManifest(manifest) ? manifest : undefined;
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
		files.every(isFile) &&
		files.some(({ name }) => name === modelFile) &&
		files.some(({ name }) => name === "tokenizer.json")
	);
}

function isFile(value: unknown): value is UnpackedModel["files"][number] {
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

async function hashFile(path: string): Promise<string> {
	const hash = createHash("sha256");
	// Not through a pipeline, which takes half as long again.
	const pieces = createReadStream(path, { highWaterMark: 1 << 20 });
	for await (const piece of pieces) hash.update(piece);
	return hash.digest("hex");
}

/** No file, or no folder on the way to it, is an answer; any other error is one. */
function missing(error: unknown): undefined {
	if (!hasCode(error, ["ENOENT", "ENOTDIR"])) throw error;
	return undefined;
}

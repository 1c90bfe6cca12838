import { createHash, randomUUID } from "node:crypto";
import { lstat, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
	hasHash,
	hashFile,
	hasSize,
	isKnownFile,
	type KnownFile,
	readJson,
} from "../manifest.ts";
import type { ModelSpec } from "../model-spec.ts";
import { alone, type Grouping } from "../process/grouping.ts";
import { mostTexts } from "./find-grouping.ts";
import { type GraphFile, graphName, weightsName } from "./graph-file.ts";

const manifestName = "manifest.json";

interface FormManifest {
	/** Why there are no files: the graph is read as it came. */
	fault?: string;
	files: KnownFile[];
}

/** What of a model decides what it may run together, besides its graph. */
type GroupedModel = Pick<
	ModelSpec,
	"functionName" | "threadsPerAllocation" | "maxLength"
> & { poolingMode?: string };

/** What has been prepared of a graph for one kind of processor, in a folder of its own. */
export class PreparedForm {
	readonly #folder: string;
	readonly #manifest: FormManifest;

	private constructor(folder: string, manifest: FormManifest) {
		this.#folder = folder;
		this.#manifest = manifest;
	}

	/**
	 * What is in a folder. Undefined where nothing is, or what is seen at once not to be what was written: the weights
	 * are only measured.
	 */
	static async find(folder: string): Promise<PreparedForm | undefined> {
		const manifest = await readJson(join(folder, manifestName));
		if (!isManifest(manifest)) return undefined;
		for (const file of manifest.files) {
			if (!(await hasSize(folder, file))) return undefined;
			// ONNX Runtime never parses a damaged file.
			if (file.name === graphName && !(await hasHash(folder, file)))
				return undefined;
		}
		return new PreparedForm(folder, manifest);
	}

	/**
	 * Says what is in a folder.
	 *
	 * @param fault why what is there is not to be used; it is deleted
	 */
	static async write(folder: string, fault?: string): Promise<void> {
		const manifest: FormManifest = { files: [] };
		if (fault !== undefined) manifest.fault = fault;
		for (const name of [graphName, weightsName] as const) {
			const path = join(folder, name);
			if (fault !== undefined) await rm(path, { force: true });
			// A graph without a large constant has no file of weights.
			const found = await lstat(path).catch(() => undefined);
			if (found === undefined) continue;
			const sha256 = await hashFile(path);
			manifest.files.push({ name, sizeBytes: found.size, sha256 });
		}
		const json = JSON.stringify(manifest, undefined, "\t");
		await writeFile(join(folder, manifestName), json);
	}

	/** The file that sessions are made from. */
	get graph(): GraphFile {
		return this.#manifest.fault === undefined
			? { form: "prepared", folder: this.#folder }
			: { form: "original" };
	}

	/** Whether the weights, too, are what was written: they are read. */
	async isIntact(): Promise<boolean> {
		for (const file of this.#manifest.files)
			if (!(await hasHash(this.#folder, file))) return false;
		return true;
	}

	/** What has been found out about groups; undefined if nothing has. */
	async grouping(model: GroupedModel): Promise<Grouping | undefined> {
		const found = await readJson(join(this.#folder, groupingName(model)));
		return isGrouping(found) ? found : undefined;
	}
}

/** Keeps in a folder what has been found out about groups. */
export async function writeGrouping(
	folder: string,
	model: GroupedModel,
	grouping: Grouping = alone,
): Promise<void> {
	const path = join(folder, groupingName(model));
	// Whole or not at all, whoever else writes it.
	const written = `${path}.${randomUUID()}`;
	await writeFile(written, JSON.stringify(grouping));
	await rename(written, path);
}

/** ONNX Runtime may divide its work in another way among other threads, and another output may be read. */
function groupingName(model: GroupedModel): string {
	const { functionName, threadsPerAllocation, maxLength, poolingMode } = model;
	const key = [functionName, threadsPerAllocation, maxLength, poolingMode];
	const hash = createHash("sha256").update(JSON.stringify(key)).digest("hex");
	return `grouping-${hash.slice(0, 12)}.json`;
}

function isManifest(value: unknown): value is FormManifest {
	if (typeof value !== "object" || value === null) return false;
	if (!("files" in value) || !Array.isArray(value.files)) return false;
	const { files } = value;
	if (!files.every(isKnownFile)) return false;
	return "fault" in value
		? typeof value.fault === "string" && files.length === 0
		: files.some(({ name }) => name === graphName);
}

/** Whether it says how many texts run together, and up to which length: whole numbers that make sense. */
export function isGrouping(value: unknown): value is Grouping {
	if (typeof value !== "object" || value === null) return false;
	if (!("texts" in value) || !("tokens" in value)) return false;
	const { texts, tokens } = value;
	return (
		Number.isSafeInteger(texts) &&
		Number.isSafeInteger(tokens) &&
		Number(texts) >= 1 &&
		Number(texts) <= mostTexts &&
		Number(tokens) >= 0
	);
}

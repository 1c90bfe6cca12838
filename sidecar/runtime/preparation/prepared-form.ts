import { createHash, randomUUID } from "node:crypto";
import { lstat, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { hasHash, hashFile, hasSize, readJson } from "../manifest.ts";
import type { ModelSpec } from "../model-spec.ts";
import { alone, type Grouping } from "../process/grouping.ts";
import { type GraphFile, graphName, weightsName } from "./graph-file.ts";

const manifestName = "manifest.json";

const Manifest = Type.Object({
	/** Why there are no files: the graph is read as it came. */
	fault: Type.Optional(Type.String()),
	files: Type.Array(
		Type.Object({
			// Nothing outside the folder is read, whoever wrote this.
			name: Type.Union([Type.Literal(graphName), Type.Literal(weightsName)]),
			sizeBytes: Type.Integer({ minimum: 0 }),
			sha256: Type.String(),
		}),
	),
});

const FoundGrouping = Type.Object({
	texts: Type.Integer({ minimum: 1, maximum: 64 }),
	tokens: Type.Integer({ minimum: 0 }),
});

/** What of a model decides what it may run together, besides its graph. */
type GroupedModel = Pick<
	ModelSpec,
	"functionName" | "threadsPerAllocation" | "maxLength"
> & { poolingMode?: string };

/** What has been prepared of a graph for one kind of processor, in a folder of its own. */
export class PreparedForm {
	readonly #folder: string;
	readonly #manifest: Static<typeof Manifest>;

	private constructor(folder: string, manifest: Static<typeof Manifest>) {
		this.#folder = folder;
		this.#manifest = manifest;
	}

	/**
	 * What is in a folder. Undefined where nothing is, or what is seen at once not to be what was written: the weights
	 * are only measured.
	 */
	static async find(folder: string): Promise<PreparedForm | undefined> {
		const manifest = await readJson(join(folder, manifestName));
		if (!Value.Check(Manifest, manifest)) return undefined;
		const { files, fault } = manifest;
		const names = fault === undefined ? [graphName] : [];
		if (names.some((name) => files.every((file) => file.name !== name)))
			return undefined;
		for (const file of files) {
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
		const manifest: Static<typeof Manifest> = { files: [] };
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
		return Value.Check(FoundGrouping, found) ? found : undefined;
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

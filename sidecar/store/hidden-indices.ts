import { createRequire } from "node:module";
import type { Client } from "@opensearch-project/opensearch";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { isObject } from "../../ingest/json.ts";
import { statusOf, storeError } from "./client.ts";

/** All of them, whatever their number. */
export const hiddenPattern = ".ml-sidecar-*";
export const modelIndex = ".ml-sidecar-model";
export const modelGroupIndex = ".ml-sidecar-model-group";
export const groupNameIndex = ".ml-sidecar-group-name";
export const controllerIndex = ".ml-sidecar-controller";
export const taskIndex = ".ml-sidecar-task";
export const scrollTaskIndex = ".ml-sidecar-scroll-task";
export const nodeIndex = ".ml-sidecar-node";
export const configIndex = ".ml-sidecar-config";
export const smallChunksIndex = ".ml-sidecar-chunks-small";

/** The index of one large model's chunks. Index names are lower-case, and so are model ids. */
export function largeChunksIndex(modelId: string): string {
	return `.ml-sidecar-chunks-${modelId}`;
}

const IndexTemplate = Type.Object({
	index_patterns: Type.Array(Type.String()),
	template: Type.Object({ mappings: Type.Object({}) }),
	_meta: Type.Object({ schema_version: Type.Integer() }),
});
type IndexTemplate = Static<typeof IndexTemplate>;

const validator = Compile(IndexTemplate);
const require = createRequire(import.meta.url);

/** The index templates by name, one for each kind of hidden index. */
const templates = new Map(
	[
		"model",
		"model-group",
		"group-name",
		"controller",
		"task",
		"scroll-task",
		"node",
		"config",
		"chunks",
	].map((kind) => [`ml-sidecar-${kind}`, readTemplate(kind)]),
);

function readTemplate(kind: string): IndexTemplate {
	return validator.Parse(require(`#index-templates/${kind}.json`));
}

/** The sidecar's hidden indices: made on first use, out of the files in index-templates/. */
export class HiddenIndices {
	readonly #client: Client;
	readonly #made = new Map<string, Promise<void>>();

	constructor(client: Client) {
		this.#client = client;
	}

	/**
	 * Stores the index templates that are missing or of an older schema version, and gives indices that were made by
	 * an older one the mapping of today. Two small reads where nothing is to be done. From then on {@link ensure} asks
	 * OpenSearch anew, so that an index that was deleted meanwhile is made again out of its template.
	 */
	async putTemplates(): Promise<void> {
		await this.#putTemplates();
		await this.#upgradeMappings();
		this.#made.clear();
	}

	/**
	 * Makes an index where it does not exist. Explicitly, since a cluster may forbid to make indices by
	 * writing to them, and with its template in place, since without it a chunk would be indexed as text.
	 */
	ensure(index: string): Promise<void> {
		const known = this.#made.get(index);
		if (known) return known;
		const made = this.#create(index).catch((error) => {
			this.#made.delete(index);
			throw error;
		});
		this.#made.set(index, made);
		return made;
	}

	/** Deletes an index; it may be gone already. */
	async delete(index: string): Promise<void> {
		this.#made.delete(index);
		try {
			await this.#client.indices.delete({ index, ignore_unavailable: true });
		} catch (error) {
			// Of two deletions at a time one may find the index when it looks, and not when it deletes.
			if (statusOf(error) !== 404)
				throw storeError(error, `delete index ${index}`);
		}
	}

	async #create(index: string): Promise<void> {
		await this.#putTemplates();
		try {
			await this.#client.indices.create({ index });
		} catch (error) {
			if (!(await this.#exists(index)))
				throw storeError(error, `create index ${index}`);
			await this.#upgradeMappings(index);
		}
	}

	async #putTemplates(): Promise<void> {
		const stored = await this.#storedVersions();
		for (const [name, template] of templates) {
			const version = stored.get(name);
			if (version !== undefined && version >= template._meta.schema_version)
				continue;
			try {
				await this.#client.indices.putIndexTemplate({ name, body: template });
			} catch (error) {
				throw storeError(error, `put index template ${name}`);
			}
		}
	}

	/** A mapping of a newer sidecar stays: it holds all that this one asks for. */
	async #upgradeMappings(index = hiddenPattern): Promise<void> {
		for (const [name, version] of await this.#mappingVersions(index)) {
			const template = templateOf(name);
			if (!template || version >= template._meta.schema_version) continue;
			try {
				await this.#client.indices.putMapping({
					index: name,
					body: template.template.mappings,
				});
			} catch (error) {
				if (statusOf(error) === 404) continue;
				throw storeError(error, `upgrade the mapping of ${name}`);
			}
		}
	}

	async #mappingVersions(index: string): Promise<Map<string, number>> {
		try {
			const { body } = await this.#client.indices.getMapping({
				index,
				expand_wildcards: ["open", "hidden"],
				ignore_unavailable: true,
			});
			return new Map(
				Object.entries(body).map(([name, { mappings }]) => [
					name,
					versionIn(mappings),
				]),
			);
		} catch (error) {
			if (statusOf(error) === 404) return new Map();
			throw storeError(error, `read the mapping of ${index}`);
		}
	}

	async #exists(index: string): Promise<boolean> {
		const { body } = await this.#client.indices.exists({ index });
		return body;
	}

	/** The versions of the stored templates, by name. */
	async #storedVersions(): Promise<Map<string, number>> {
		try {
			const { body } = await this.#client.indices.getIndexTemplate({
				name: "ml-sidecar-*",
			});
			return new Map(
				body.index_templates.map(({ name, index_template }) => [
					name,
					versionIn(index_template),
				]),
			);
		} catch (error) {
			if (statusOf(error) === 404) return new Map();
			throw storeError(error, "read the index templates");
		}
	}
}

/** The template that an index is made by; patterns are names, or beginnings of names with a `*` behind. */
function templateOf(index: string): IndexTemplate | undefined {
	return [...templates.values()].find(({ index_patterns }) =>
		index_patterns.some((pattern) =>
			pattern.endsWith("*")
				? index.startsWith(pattern.slice(0, -1))
				: index === pattern,
		),
	);
}

/** 0 for what carries none, since this sidecar did not make it. */
function versionIn(described: unknown): number {
	const meta = isObject(described) ? described._meta : undefined;
	const version = isObject(meta) ? meta.schema_version : undefined;
	return typeof version === "number" ? version : 0;
}

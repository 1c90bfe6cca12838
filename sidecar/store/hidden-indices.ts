import { createRequire } from "node:module";
import type { Client } from "@opensearch-project/opensearch";
import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { statusOf, storeError } from "./client.ts";

export const modelIndex = ".ml-sidecar-model";
export const taskIndex = ".ml-sidecar-task";
export const smallChunksIndex = ".ml-sidecar-chunks-small";

/** The index of one large model's chunks. Index names are lower-case, and so are model ids. */
export function largeChunksIndex(modelId: string): string {
	return `.ml-sidecar-chunks-${modelId}`;
}

const IndexTemplate = Type.Object({
	index_patterns: Type.Array(Type.String()),
	_meta: Type.Object({ schema_version: Type.Integer() }),
});

const validator = Compile(IndexTemplate);
const require = createRequire(import.meta.url);

/** The index templates by name, one for each kind of hidden index. */
const templates = new Map(
	["model", "task", "chunks"].map((kind) => [
		`ml-sidecar-${kind}`,
		readTemplate(kind),
	]),
);

function readTemplate(kind: string): Static<typeof IndexTemplate> {
	return validator.Parse(require(`#index-templates/${kind}.json`));
}

/** The sidecar's hidden indices: made on first use, out of the files in index-templates/. */
export class HiddenIndices {
	readonly #client: Client;
	readonly #made = new Map<string, Promise<void>>();

	constructor(client: Client) {
		this.#client = client;
	}

	/** Stores the index templates that are missing or of an older schema version. */
	async putTemplates(): Promise<void> {
		for (const [name, template] of templates) {
			const stored = await this.#storedVersion(name);
			if (stored !== undefined && stored >= template._meta.schema_version)
				continue;
			try {
				await this.#client.indices.putIndexTemplate({ name, body: template });
			} catch (error) {
				throw storeError(error, `put index template ${name}`);
			}
		}
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
			throw storeError(error, `delete index ${index}`);
		}
	}

	async #create(index: string): Promise<void> {
		await this.putTemplates();
		try {
			await this.#client.indices.create({ index });
		} catch (error) {
			if (await this.#exists(index)) return;
			throw storeError(error, `create index ${index}`);
		}
	}

	async #exists(index: string): Promise<boolean> {
		const { body } = await this.#client.indices.exists({ index });
		return body;
	}

	async #storedVersion(name: string): Promise<number | undefined> {
		try {
			const { body } = await this.#client.indices.getIndexTemplate({ name });
			const version: unknown =
				body.index_templates[0]?.index_template._meta?.schema_version;
			return typeof version === "number" ? version : 0;
		} catch (error) {
			if (statusOf(error) === 404) return undefined;
			throw storeError(error, `read index template ${name}`);
		}
	}
}

import type { Client } from "@opensearch-project/opensearch";
import { asObject, type JsonObject } from "../../ingest/json.ts";
import { statusOf, storeError } from "./client.ts";
import { readSettings } from "./index-pipelines.ts";
import { flatSettings, templatesOf } from "./template-pipelines.ts";

/** What an index, or a template for one, has that `semantic` fields are made of. */
export interface MappedIndex {
	readonly mapping: JsonObject;
	/** The id of its final pipeline, as it is stored. */
	readonly final: string | undefined;
}

const nothing: MappedIndex = { mapping: {}, final: undefined };

/** Mappings and final pipelines of indices and of templates. */
export class SemanticMappingStore {
	readonly #client: Client;

	constructor(client: Client) {
		this.#client = client;
	}

	/** The `_meta` of the mappings of the indices that an expression names, by index; those without any are left out. */
	async metas(target: string | undefined): Promise<Map<string, unknown>> {
		return this.#read("read the mappings", new Map(), async () => {
			const { body } = await this.#client.indices.getMapping({
				index: target ?? "_all",
				ignore_unavailable: true,
				filter_path: "*.mappings._meta",
			});
			const found = Object.entries(body ?? {}).map(
				([index, { mappings }]) => [index, mappings?._meta] as const,
			);
			return new Map(found);
		});
	}

	/** Each index that an expression names; none where OpenSearch finds one of them missing. */
	async indices(target: string): Promise<Map<string, MappedIndex>> {
		return this.#read(`read the mappings of ${target}`, new Map(), async () => {
			const [{ body: mappings }, { body: settings }] = await Promise.all([
				this.#client.indices.getMapping({ index: target }),
				this.#client.indices.getSettings({
					index: target,
					name: "index.final_pipeline",
					flat_settings: true,
				}),
			]);
			const found = Object.entries(mappings).map(
				([index, one]) =>
					[
						index,
						{
							mapping: asObject(one.mappings),
							final: readSettings(settings[index]?.settings).final,
						},
					] as const,
			);
			return new Map(found);
		});
	}

	/** What an index of a name gets of templates: of the composable one that it fits or, where none does, of legacy ones. */
	async ofTemplates(name: string): Promise<MappedIndex[]> {
		const templates = await templatesOf(this.#client, name);
		return templates.map(({ mappings, settings }) => ({
			mapping: asObject(mappings),
			final: readSettings(settings).final,
		}));
	}

	/** The composable templates that name a component, as they are stored. */
	async composedOf(component: string): Promise<Map<string, JsonObject>> {
		return this.#read("read the index templates", new Map(), async () => {
			const { body } = await this.#client.indices.getIndexTemplate({});
			const found = body.index_templates.map(
				({ name, index_template }) => [name, asObject(index_template)] as const,
			);
			return new Map(
				found.filter(
					([, { composed_of: parts }]) =>
						Array.isArray(parts) && parts.includes(component),
				),
			);
		});
	}

	/** @param template JSON */
	async putComposable(name: string, template: string): Promise<void> {
		try {
			await this.#client.indices.putIndexTemplate({
				name,
				body: JSON.parse(template),
			});
		} catch (error) {
			throw storeError(error, `change the index template ${name}`);
		}
	}

	/** Component templates, in the order in which they are named; those that are missing are left out. */
	async components(names: readonly string[]): Promise<MappedIndex[]> {
		const found = await Promise.all(
			names.map((name) =>
				this.#read(`read the component template ${name}`, nothing, async () => {
					const { body } = await this.#client.cluster.getComponentTemplate({
						name,
					});
					const [first] = body.component_templates;
					return templateOf(asObject(first?.component_template).template);
				}),
			),
		);
		return found;
	}

	async setFinal(index: string, id: string): Promise<void> {
		try {
			await this.#client.indices.putSettings({
				index,
				body: { "index.final_pipeline": id },
			});
		} catch (error) {
			throw storeError(error, `set the final pipeline of ${index}`);
		}
	}

	/** What OpenSearch does not have, or refuses to look for, is as good as nothing: it says so itself where it matters. */
	async #read<T>(
		action: string,
		otherwise: T,
		read: () => Promise<T>,
	): Promise<T> {
		try {
			return await read();
		} catch (error) {
			const status = statusOf(error);
			if (status === 404 || status === 400) return otherwise;
			throw storeError(error, action);
		}
	}
}

function templateOf(template: unknown): MappedIndex {
	const { mappings, settings } = asObject(template);
	return {
		mapping: asObject(mappings),
		final: readSettings(flatSettings(settings)).final,
	};
}

import type { Client } from "@opensearch-project/opensearch";
import { isObject } from "../../ingest/json.ts";
import { fitsPattern } from "../../ingest/name-pattern.ts";
import { statusOf, storeError } from "./client.ts";
import { type IndexPipelines, readSettings } from "./index-pipelines.ts";

/** A template of the older kind (`_template`). */
interface LegacyTemplate extends IndexTemplate {
	readonly order: number;
	readonly patterns: readonly string[];
}

/** What a template says of the indices that it is for. */
export interface IndexTemplate {
	/** By their full names, as far as they are there. */
	readonly settings: unknown;
	readonly mappings: unknown;
}

/**
 * The pipelines of an index that does not exist yet. Names are compared as they are, so that a name with date math fits
 * the template of no index that it means.
 */
export async function pipelinesOfTemplate(
	client: Client,
	name: string,
): Promise<IndexPipelines> {
	return (await templatesOf(client, name))
		.map(({ settings }) => readSettings(settings))
		.reduce((found, next) => Object.assign(found, next), {});
}

/**
 * What an index of a name gets of templates: of the composable one that it fits or, only where none does, of the legacy
 * ones, the one with the highest order last.
 */
export async function templatesOf(
	client: Client,
	name: string,
): Promise<IndexTemplate[]> {
	try {
		const { body } = await client.indices.simulateIndexTemplate({ name });
		const template: unknown = isObject(body) ? body.template : undefined;
		if (isObject(template)) {
			const { settings, mappings } = template;
			return [{ settings: flatSettings(settings), mappings }];
		}
	} catch (error) {
		const status = statusOf(error);
		if (status !== 404 && status !== 400)
			throw storeError(error, `read the template of ${name}`);
	}
	return legacyTemplates(client, name);
}

/** The settings of an index with its prefix, as far as they are there. */
export function flatSettings(settings: unknown): object {
	const index = isObject(settings) ? settings.index : undefined;
	const entries = isObject(index) ? Object.entries(index) : [];
	return Object.fromEntries(
		entries.map(([name, value]) => [`index.${name}`, value]),
	);
}

async function legacyTemplates(
	client: Client,
	name: string,
): Promise<IndexTemplate[]> {
	try {
		const { body } = await client.indices.getTemplate({ flat_settings: true });
		const matching = Object.values(body)
			.map(readTemplate)
			.filter(({ patterns }) =>
				patterns.some((pattern) => fitsPattern(name, pattern)),
			)
			.sort((a, b) => b.order - a.order);
		return unlessHidden(matching).reverse();
	} catch (error) {
		if (statusOf(error) === 404) return [];
		throw storeError(error, `read the legacy templates of ${name}`);
	}
}

/** A template for all indices is none for an index that becomes a hidden one. */
function unlessHidden(matching: readonly LegacyTemplate[]): LegacyTemplate[] {
	const hidden = matching
		.map(({ settings }) =>
			isObject(settings) ? settings["index.hidden"] : undefined,
		)
		.find((value) => value !== undefined);
	return matching.filter(
		({ patterns }) => String(hidden) !== "true" || !patterns.includes("*"),
	);
}

function readTemplate(template: unknown): LegacyTemplate {
	const { order, index_patterns, settings, mappings } = isObject(template)
		? template
		: {};
	return {
		order: Number(order ?? 0),
		patterns: Array.isArray(index_patterns) ? index_patterns.map(String) : [],
		settings,
		mappings,
	};
}

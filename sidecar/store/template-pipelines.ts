import type { Client } from "@opensearch-project/opensearch";
import { isObject } from "../../ingest/json.ts";
import { statusOf, storeError } from "./client.ts";
import { type IndexPipelines, readSettings } from "./index-pipelines.ts";

/** A template of the older kind (`_template`). */
interface LegacyTemplate {
	readonly order: number;
	readonly patterns: readonly string[];
	readonly settings: unknown;
	readonly mappings: unknown;
}

/**
 * The pipelines of an index that does not exist yet: its template's or, only where no template fits, those of the
 * legacy templates, the one with the highest order first. Names are compared as they are, so that a name with date
 * math fits the template of no index that it means.
 */
export async function pipelinesOfTemplate(
	client: Client,
	name: string,
): Promise<IndexPipelines> {
	try {
		const { body } = await client.indices.simulateIndexTemplate({
			name,
		});
		const template: unknown = isObject(body) ? body.template : undefined;
		if (isObject(template))
			return readSettings(flatSettings(template.settings));
	} catch (error) {
		const status = statusOf(error);
		if (status !== 404 && status !== 400)
			throw storeError(error, `read the template of ${name}`);
	}
	return ofLegacyTemplates(client, name);
}

/** The settings of an index with its prefix, as far as they are there. */
export function flatSettings(settings: unknown): object {
	const index = isObject(settings) ? settings.index : undefined;
	const entries = isObject(index) ? Object.entries(index) : [];
	return Object.fromEntries(
		entries.map(([name, value]) => [`index.${name}`, value]),
	);
}

async function ofLegacyTemplates(
	client: Client,
	name: string,
): Promise<IndexPipelines> {
	return (await legacyTemplates(client, name))
		.map(({ settings }) => readSettings(settings))
		.reduce((found, next) => Object.assign(found, next), {});
}

/** The legacy templates of an index of a name, the one with the highest order last. */
export async function legacyTemplates(
	client: Client,
	name: string,
): Promise<Pick<LegacyTemplate, "settings" | "mappings">[]> {
	try {
		const { body } = await client.indices.getTemplate({ flat_settings: true });
		const matching = Object.values(body)
			.map(readTemplate)
			.filter(({ patterns }) => patterns.some((pattern) => fits(name, pattern)))
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

/** A pattern's `*` stands for any characters, and everything else for itself. */
function fits(name: string, pattern: string): boolean {
	const [first = "", ...rest] = pattern.split("*");
	const last = rest.pop();
	if (last === undefined) return name === pattern;
	if (!name.startsWith(first)) return false;
	let position = first.length;
	for (const part of rest) {
		const found = name.indexOf(part, position);
		if (found < 0) return false;
		position = found + part.length;
	}
	return name.length - last.length >= position && name.endsWith(last);
}

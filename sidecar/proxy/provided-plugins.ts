import type { Node } from "jsonc-parser";
import {
	compact,
	elements,
	member,
	members,
	parseObject,
	type Renderer,
	renderTree,
} from "../../ingest/json-tree.ts";

/** A plugin as the lists of plugins name it. */
export interface ListedPlugin {
	name: string;
	version: string;
	description: string;
}

const provided = [
	{
		name: "opensearch-ml",
		description: "The model API of ml-commons, provided by the sidecar",
	},
	{
		name: "opensearch-neural-search",
		description:
			"Embedding at ingest and neural search, provided by the sidecar",
	},
];

/** What the sidecar provides and a node does not have itself, in the node's version. */
export function providedPlugins(
	nodeVersion: string,
	has: ReadonlySet<string>,
): ListedPlugin[] {
	// Plugins of OpenSearch count their own releases in a fourth place.
	const version = nodeVersion.replace(/^\d+\.\d+\.\d+/, "$&.0");
	return provided
		.filter(({ name }) => !has.has(name))
		.map((plugin) => ({ ...plugin, version }));
}

/**
 * An answer of nodes, as JSON text, with what the sidecar provides among the plugins of each node that lists any,
 * sorted by name as OpenSearch sorts them; everything else stays to the byte.
 */
export function withProvidedPlugins(json: string): string {
	const root = parseObject(json, { allowComments: false });
	if (!root) return json;
	const lists = new Map<Node, Renderer>();
	for (const { value: node } of members(member(root, "nodes"))) {
		const list = member(node, "plugins");
		const version: unknown = member(node, "version")?.value;
		if (list?.type !== "array" || typeof version !== "string") continue;
		const there = elements(list).map((plugin) => ({
			name: String(member(plugin, "name")?.value),
			text: compact(json, plugin),
		}));
		const added = providedPlugins(version, namesOf(there)).map((plugin) => ({
			name: plugin.name,
			text: nodePlugin(plugin, version),
		}));
		const texts = [...there, ...added].sort(byName).map(({ text }) => text);
		lists.set(list, () => `[${texts.join(",")}]`);
	}
	return renderTree(json, root, lists);
}

/** The names of plugins. */
export function namesOf(plugins: readonly { name: string }[]): Set<string> {
	return new Set(plugins.map(({ name }) => name));
}

/** Sorts as OpenSearch does, by UTF-16 units. */
export function byName(a: { name: string }, b: { name: string }): number {
	return a.name < b.name ? -1 : Number(a.name > b.name);
}

function nodePlugin(plugin: ListedPlugin, nodeVersion: string): string {
	return JSON.stringify({
		name: plugin.name,
		version: plugin.version,
		opensearch_version: nodeVersion,
		java_version: "",
		description: plugin.description,
		classname: "",
		custom_foldername: "",
		extended_plugins: [],
		has_native_controller: false,
		optional_extended_plugins: [],
	});
}

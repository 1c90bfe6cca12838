/** Maven coordinates of one file. */
export interface Artifact {
	group: string;
	artifact: string;
	version: string;
	type?: "jar" | "zip";
	classifier?: string;
}

/** A module: a jar with its dependencies, and the descriptor that OpenSearch's own build would have written. */
export interface Module {
	folder: string;
	artifact: Artifact;
	pluginClass: string;
	extendedPlugins: readonly string[];
}

/** A plugin: a zip with its own descriptor. Files of `without` are left out, `added` put beside the others. */
export interface Plugin {
	folder: string;
	zip: Artifact;
	without?: readonly string[];
	added?: readonly Artifact[];
	/** Instead of what the descriptor says, where Maven Central does not have what the plugin may extend. */
	extendedPlugins?: readonly string[];
}

/** What an OpenSearch home consists of. */
export interface Recipe {
	name: string;
	version: string;
	/** Lowest Java feature release that it runs on. */
	javaVersion: number;
	lib: readonly Artifact[];
	modules: readonly Module[];
	plugins: readonly Plugin[];
}

const version = "3.6.0";

function module(
	folder: string,
	pluginClass: string,
	options: { artifact?: string; extendedPlugins?: string[] } = {},
): Module {
	return {
		folder,
		artifact: {
			group: "org.opensearch.plugin",
			artifact: options.artifact ?? folder,
			version,
		},
		pluginClass: `org.opensearch.${pluginClass}`,
		extendedPlugins: options.extendedPlugins ?? [],
	};
}

const painless = { extendedPlugins: ["lang-painless"] };

/**
 * OpenSearch with k-NN, as far as Maven Central has it: there is no distribution archive, and rank-eval,
 * percolator and lang-expression are missing. k-NN extends lang-painless and transport-grpc.
 */
export const openSearchRecipe: Recipe = {
	name: "opensearch",
	version,
	javaVersion: 21,
	lib: [
		{ group: "org.opensearch", artifact: "opensearch", version },
		{
			group: "org.opensearch",
			artifact: "opensearch-plugin-classloader",
			version,
		},
		{
			group: "org.opensearch",
			artifact: "opensearch-agent-bootstrap",
			version,
		},
		{
			group: "org.apache.logging.log4j",
			artifact: "log4j-core",
			version: "2.25.3",
		},
	],
	modules: [
		module("transport-netty4", "transport.Netty4ModulePlugin", {
			artifact: "transport-netty4-client",
		}),
		module("lang-painless", "painless.PainlessModulePlugin"),
		module(
			"analysis-common",
			"analysis.common.CommonAnalysisModulePlugin",
			painless,
		),
		module("ingest-common", "ingest.common.IngestCommonModulePlugin", painless),
		module(
			"search-pipeline-common",
			"search.pipeline.common.SearchPipelineCommonModulePlugin",
			painless,
		),
		module("reindex", "index.reindex.ReindexModulePlugin", {
			artifact: "reindex-client",
		}),
		module("mapper-extras", "index.mapper.MapperExtrasModulePlugin", {
			artifact: "mapper-extras-client",
		}),
		module("parent-join", "join.ParentJoinModulePlugin", {
			artifact: "parent-join-client",
		}),
		module("lang-mustache", "script.mustache.MustacheModulePlugin", {
			artifact: "lang-mustache-client",
		}),
		module("transport-grpc", "transport.grpc.GrpcPlugin"),
		module("geo", "geo.GeoModulePlugin"),
	],
	plugins: [
		{
			folder: "opensearch-knn",
			zip: {
				group: "org.opensearch.plugin",
				artifact: "opensearch-knn",
				version: `${version}.0`,
				type: "zip",
			},
		},
	],
};

/** A plugin's own descriptor, as the recipe wants it. */
export function pluginDescriptor(plugin: Plugin, text: string): string {
	const { extendedPlugins } = plugin;
	return extendedPlugins === undefined
		? text
		: text.replace(
				/^extended\.plugins=.*$/m,
				`extended.plugins=${extendedPlugins.join(",")}`,
			);
}

/** The `plugin-descriptor.properties` of a module. */
export function moduleDescriptor(module: Module, recipe: Recipe): string {
	const properties = {
		description: `The ${module.folder} module`,
		version: recipe.version,
		name: module.folder,
		classname: module.pluginClass,
		"java.version": recipe.javaVersion,
		"opensearch.version": recipe.version,
		"custom.foldername": "",
		"extended.plugins": module.extendedPlugins.join(","),
		"has.native.controller": false,
	};
	return Object.entries(properties)
		.map(([key, value]) => `${key}=${value}\n`)
		.join("");
}

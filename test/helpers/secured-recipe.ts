import {
	type Artifact,
	openSearchRecipe,
	type Recipe,
} from "../../sidecar/dev/assembly-recipe.ts";

/** The newest release whose security plugin Maven Central has. It has not all of this release's modules. */
const version = "3.4.0";
const log4j = "2.21.0";
const missing = new Set(["search-pipeline-common", "transport-grpc"]);

/** k-NN has these from transport-grpc. */
const knnLibraries: readonly Artifact[] = [
	{
		group: "org.opensearch.plugin",
		artifact: "transport-grpc-spi",
		version: openSearchRecipe.version,
	},
	{ group: "org.opensearch", artifact: "protobufs", version: "1.3.0" },
	{ group: "com.google.guava", artifact: "guava", version: "33.5.0-jre" },
	{ group: "com.google.guava", artifact: "failureaccess", version: "1.0.3" },
];

function ofVersion(artifact: Artifact): Artifact {
	const { version: newer } = openSearchRecipe;
	if (artifact.artifact === "log4j-core")
		return { ...artifact, version: log4j };
	return artifact.version.startsWith(newer)
		? { ...artifact, version: artifact.version.replace(newer, version) }
		: artifact;
}

/** OpenSearch with k-NN and the security plugin. */
export const securedRecipe: Recipe = {
	...openSearchRecipe,
	name: "opensearch-security",
	version,
	lib: openSearchRecipe.lib.map(ofVersion),
	modules: openSearchRecipe.modules
		.filter(({ folder }) => !missing.has(folder))
		.map((module) => ({ ...module, artifact: ofVersion(module.artifact) })),
	plugins: [
		...openSearchRecipe.plugins.map((plugin) => ({
			...plugin,
			zip: ofVersion(plugin.zip),
			extendedPlugins: ["lang-painless"],
			added: knnLibraries,
		})),
		{
			folder: "opensearch-security",
			zip: {
				group: "org.opensearch.plugin",
				artifact: "opensearch-security",
				version: `${version}.0`,
				type: "zip",
			},
			extendedPlugins: [],
			// From rule-framework, which it extends where that is there.
			added: [
				{
					group: "org.apache.commons",
					artifact: "commons-collections4",
					version: "4.5.0",
				},
			],
		},
	],
};

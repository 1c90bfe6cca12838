import {
	openSearchRecipe,
	type Plugin,
	type Recipe,
} from "../../sidecar/dev/assembly-recipe.ts";
import {
	type EmbeddedOpenSearch,
	startEmbedded,
} from "../../sidecar/dev/embedded-opensearch.ts";

/** The release of ml-commons and neural-search that is compared with. */
export const peerVersion = `${openSearchRecipe.version}.0`;

function plugin(artifact: string, options: Partial<Plugin> = {}): Plugin {
	return {
		folder: artifact,
		zip: {
			group: "org.opensearch.plugin",
			artifact,
			version: peerVersion,
			type: "zip",
		},
		...options,
	};
}

const djl = { from: "0.31.1", to: "0.32.0" };
const djlArtifacts = [
	["ai.djl", "api"],
	["ai.djl.pytorch", "pytorch-engine"],
	["ai.djl.pytorch", "pytorch-model-zoo"],
	["ai.djl.onnxruntime", "onnxruntime-engine"],
	["ai.djl.huggingface", "tokenizers"],
] as const;

/**
 * OpenSearch with ml-commons and neural-search. ml-commons would download PyTorch's native libraries at the first
 * deployment: DJL 0.32.0 has them on Maven Central, so it stands in for 0.31.1.
 */
const peerRecipe: Recipe = {
	...openSearchRecipe,
	name: "opensearch-ml-commons",
	plugins: [
		...openSearchRecipe.plugins,
		plugin("opensearch-job-scheduler"),
		plugin("opensearch-ml-plugin", {
			folder: "opensearch-ml",
			without: djlArtifacts.map(
				([, artifact]) => `${artifact}-${djl.from}.jar`,
			),
			added: [
				...djlArtifacts.map(([group, artifact]) => ({
					group,
					artifact,
					version: djl.to,
				})),
				{
					group: "ai.djl.pytorch",
					artifact: "pytorch-jni",
					version: `2.5.1-${djl.to}`,
				},
				{
					group: "ai.djl.pytorch",
					artifact: "pytorch-native-cpu",
					version: "2.5.1",
					classifier: "linux-x86_64",
				},
			],
		}),
		plugin("neural-search", { folder: "opensearch-neural-search" }),
	],
};

/** What lets ml-commons run models on its one node and register them by URL, and keeps it from acting by itself. */
const forRunning = {
	"plugins.ml_commons.only_run_on_ml_node": "false",
	"plugins.ml_commons.allow_registering_model_via_url": "true",
	"plugins.ml_commons.allow_registering_model_via_local_file": "true",
	// At a node's start it would deploy again what is being deployed for the first time.
	"plugins.ml_commons.model_auto_redeploy.enable": "false",
	// Its states are changed behind a caller's back otherwise, at any moment of an undeployment.
	"plugins.ml_commons.sync_up_job_interval_in_seconds": "0",
	"plugins.ml_commons.native_memory_threshold": "100",
	"plugins.ml_commons.jvm_heap_memory_threshold": "100",
};

/**
 * Starts ml-commons on a free port.
 *
 * @param asShipped with the settings that it comes with, which let it run no model here
 */
export async function startPeer({
	asShipped = false,
	...options
}: {
	dataDir: string;
	report: (line: string) => void;
	asShipped?: boolean;
}): Promise<EmbeddedOpenSearch> {
	return await startEmbedded({
		...options,
		env: process.env,
		port: 0,
		heap: "2g",
		recipe: peerRecipe,
		settings: asShipped ? {} : forRunning,
	});
}

import type { Settings } from "../../schemas/settings.ts";
import type { UpstreamTls } from "../../schemas/upstream-tls.ts";
import { AnalysisStore } from "../store/analysis.ts";
import { ChunkStore } from "../store/chunks.ts";
import { createClient } from "../store/client.ts";
import { ClusterStore } from "../store/cluster.ts";
import { ConfigStore } from "../store/config.ts";
import { ControllerStore } from "../store/controllers.ts";
import { EmbeddingSpaceStore } from "../store/embedding-spaces.ts";
import { FieldTypeStore } from "../store/field-types.ts";
import { GroupNameStore } from "../store/group-names.ts";
import { HiddenAliasStore } from "../store/hidden-aliases.ts";
import { HiddenIndices } from "../store/hidden-indices.ts";
import { IdentityStore } from "../store/identity.ts";
import { IndexNameStore } from "../store/index-names.ts";
import { ModelGroupStore } from "../store/model-groups.ts";
import { ModelStore } from "../store/models.ts";
import { NodeStore } from "../store/nodes.ts";
import { PipelineStore } from "../store/pipelines.ts";
import { ScrollTaskStore } from "../store/scroll-tasks.ts";
import { SearchStore } from "../store/search.ts";
import { SearchPipelineStore } from "../store/search-pipelines.ts";
import { SemanticMappingStore } from "../store/semantic-mappings.ts";
import { TaskStore } from "../store/tasks.ts";

/** All that the sidecar itself reads and writes in OpenSearch. */
export type Stores = ReturnType<typeof openStores>;

export function openStores(settings: Settings, tls: UpstreamTls) {
	const client = createClient(settings, { tls, credentials: "own" });
	const anonymous = createClient(settings, { tls, credentials: "none" });
	const indices = new HiddenIndices(client);
	return {
		indices,
		models: new ModelStore(client, indices),
		chunks: new ChunkStore(client, indices),
		tasks: new TaskStore(client, indices),
		scrollTasks: new ScrollTaskStore(client, indices),
		indexNames: new IndexNameStore(client),
		nodes: new NodeStore(client, indices),
		config: new ConfigStore(client, indices),
		controllers: new ControllerStore(client, indices),
		groups: new ModelGroupStore(client, indices),
		groupNames: new GroupNameStore(client, indices),
		pipelines: new PipelineStore(client),
		analysis: new AnalysisStore(client),
		fieldTypes: new FieldTypeStore(client),
		embeddingSpaces: new EmbeddingSpaceStore(client),
		cluster: new ClusterStore(client),
		semanticMappings: new SemanticMappingStore(client),
		search: new SearchStore(client),
		searchPipelines: new SearchPipelineStore(client),
		identities: new IdentityStore({ own: client, anonymous }),
		hiddenAliases: new HiddenAliasStore(
			client,
			settings.SIDECAR_CONNECT_TIMEOUT_MS,
		),
		async close(): Promise<void> {
			await client.close();
			await anonymous.close();
		},
	};
}

import { type Static, Type } from "typebox";

/** Why a setting can't be changed by the API: OpenSearch says so in other words for each. */
type Fixed = "final" | "at start";

interface Declaration {
	/** What the setting does here; ml-commons' meaning, unless said. Absent: accepted, kept, shown, without effect. */
	effect?: string;
	fixed?: Fixed;
}

const flag = (value: boolean, declaration: Declaration = {}) =>
	Type.Boolean({ default: value, ...declaration });

const count = (
	value: number,
	range: { minimum?: number; maximum?: number; wide?: boolean },
	declaration: Declaration = {},
) => Type.Integer({ default: value, ...range, ...declaration });

const text = (value: string, declaration: Declaration = {}) =>
	Type.String({ default: value, ...declaration });

const list = (value: readonly string[]) =>
	Type.Array(Type.String(), { default: [...value] });

const trustedUrls =
	"^(https?|ftp|file)://[-a-zA-Z0-9+&@#/%?=~_|!:,.;]*[-a-zA-Z0-9+&@#/%=~_|]";

/** Services of AWS whose hosts are named after a region. */
const aws = (host: string, rest: string) =>
	`^https://${host}\\.amazonaws\\.com${rest}$`;
const anyRegion = "\\..*[a-z0-9-]";
const trustedConnectors = [
	aws(`runtime\\.sagemaker${anyRegion}`, "/.*"),
	aws(`api\\.sagemaker${anyRegion}`, "/.*"),
	"^https://api\\.openai\\.com/.*$",
	"^https://api\\.cohere\\.ai/.*$",
	"^https://api\\.deepseek\\.com/.*$",
	"^https://generativelanguage\\.googleapis\\.com/.*$",
	aws(`bedrock-runtime${anyRegion}`, "/.*"),
	aws(`bedrock-agent-runtime${anyRegion}`, "/.*"),
	aws(`bedrock${anyRegion}`, "/.*"),
	aws(`textract${anyRegion}`, ""),
	aws(`comprehend${anyRegion}`, ""),
	aws(`rekognition(-fips)?${anyRegion}`, ""),
];

const final = { fixed: "final" } as const;
const atStart = { fixed: "at start" } as const;

/**
 * Every cluster setting of ml-commons and neural-search 3.6, each declared once: name, type, default, range, and what
 * it does here. The README's tables are checked against this object.
 *
 * - `wide`: a Java `long`, where other integers are 32 bits wide;
 * - `form` `bytes`: written with a unit (`5gb`) or as -1 or 0; the value is the number of bytes;
 * - `form` `memory`: the same, or a share of the memory (`10%`), as text.
 */
export const ClusterSettingsSchema = Type.Object({
	"plugins.ml_commons.allow_registering_model_via_url": flag(false, {
		effect: "`_register` takes a `url`.",
	}),
	"plugins.ml_commons.allow_registering_model_via_local_file": flag(true, {
		effect:
			"`_register_meta` and `upload_chunk` are served. ml-commons: false; an upload is no danger to a process of its own.",
	}),
	"plugins.ml_commons.trusted_url_regex": text(trustedUrls, {
		effect: "What the `url` of a model has to match.",
	}),
	"plugins.ml_commons.local_model.enabled": flag(true, {
		effect: "Models can be registered, deployed and run at all.",
	}),
	"plugins.ml_commons.max_model_on_node": count(
		10,
		{ minimum: 0, maximum: 10_000 },
		{ effect: "Models that are deployed on one sidecar." },
	),
	"plugins.ml_commons.max_register_model_tasks_per_node": count(
		10,
		{ minimum: 0, maximum: 10 },
		{ effect: "Registrations that one sidecar carries out at a time." },
	),
	"plugins.ml_commons.max_deploy_model_tasks_per_node": count(
		10,
		{ minimum: 0, maximum: 10 },
		{ effect: "Deployments that one sidecar carries out at a time." },
	),
	"plugins.ml_commons.ml_task_timeout_in_seconds": count(
		600,
		{ minimum: 1, maximum: 86_400 },
		{ effect: "A task that has not ended by then has failed." },
	),
	"plugins.ml_commons.allow_custom_deployment_plan": flag(false, {
		effect: "`_deploy` and `_undeploy` take `node_ids`.",
	}),
	"plugins.ml_commons.model_auto_redeploy.enable": flag(true, {
		effect:
			"Deployed models are deployed again when sidecars come, go or restart.",
	}),
	"plugins.ml_commons.safe_delete_model": flag(false, {
		effect: "A model that a pipeline uses is not deleted: 409.",
	}),
	"plugins.ml_commons.controller_enabled": flag(true, {
		effect: "Limits of a model and of its users are kept.",
	}),
	"plugins.ml_commons.monitoring_request_count": count(
		100,
		{ minimum: 0, maximum: 10_000_000, wide: true },
		{ effect: "Requests that the figures of `_profile` are made of." },
	),
	"plugins.ml_commons.exclude_nodes._name": text("", {
		effect: "Sidecars that run no model, by name, with commas between.",
	}),
	"plugins.ml_commons.disk_free_space_threshold": Type.Integer({
		default: 5_368_709_120,
		minimum: -1,
		form: "bytes",
		effect:
			"With less space free in the cache folder, registering and deploying is refused: 429. -1: never.",
	}),

	"plugins.ml_commons.ag_ui_enabled": flag(false),
	"plugins.ml_commons.agent_framework_enabled": flag(true),
	"plugins.ml_commons.agentic_memory_enabled": flag(true),
	"plugins.ml_commons.batch_ingestion_bulk_size": count(500, {
		minimum: 100,
		maximum: 100_000,
	}),
	"plugins.ml_commons.connector.private_ip_enabled": flag(false),
	"plugins.ml_commons.connector_access_control_enabled": flag(false),
	"plugins.ml_commons.enable_inhouse_python_model": flag(false),
	"plugins.ml_commons.execute_tools_enabled": flag(true),
	"plugins.ml_commons.global_tenant_id": text("", final),
	"plugins.ml_commons.index_insight_feature_enabled": flag(false),
	"plugins.ml_commons.jvm_heap_memory_threshold": count(85, {
		minimum: 0,
		maximum: 100,
	}),
	"plugins.ml_commons.master_key_cache_ttl_minutes": count(5, {}, atStart),
	"plugins.ml_commons.max_batch_inference_tasks": count(100, {
		minimum: 0,
		maximum: 10_000,
	}),
	"plugins.ml_commons.max_batch_ingestion_tasks": count(100, {
		minimum: 0,
		maximum: 10_000,
	}),
	"plugins.ml_commons.max_json_size": count(100_000_000, { minimum: -1 }),
	"plugins.ml_commons.max_ml_task_per_node": count(10, {
		minimum: 0,
		maximum: 10_000,
	}),
	"plugins.ml_commons.mcp_connector_enabled": flag(false),
	"plugins.ml_commons.mcp_header_passthrough_enabled": flag(false),
	"plugins.ml_commons.mcp_server_enabled": flag(false),
	"plugins.ml_commons.memory_feature_enabled": flag(true),
	"plugins.ml_commons.metrics_collection_enabled": flag(false, final),
	"plugins.ml_commons.metrics_static_collection_enabled": flag(false),
	"plugins.ml_commons.model_access_control_enabled": flag(false),
	"plugins.ml_commons.model_auto_deploy.enable": flag(true),
	"plugins.ml_commons.model_auto_redeploy.lifetime_retry_times": count(3, {}),
	"plugins.ml_commons.model_auto_redeploy_success_ratio": Type.Number({
		default: 0.8,
		minimum: 0,
		maximum: 1,
	}),
	"plugins.ml_commons.multi_tenancy_enabled": flag(false, atStart),
	"plugins.ml_commons.native_memory_threshold": count(90, {
		minimum: 0,
		maximum: 100,
	}),
	"plugins.ml_commons.offline_batch_inference_enabled": flag(true),
	"plugins.ml_commons.offline_batch_ingestion_enabled": flag(true),
	"plugins.ml_commons.only_run_on_ml_node": flag(true),
	"plugins.ml_commons.rag_pipeline_feature_enabled": flag(true),
	"plugins.ml_commons.remote_agentic_memory_enabled": flag(false),
	"plugins.ml_commons.remote_inference.enabled": flag(true),
	"plugins.ml_commons.remote_job.status_field": list([
		"status",
		"Status",
		"TransformJobStatus",
	]),
	"plugins.ml_commons.remote_job.status_regex.cancelled": text(
		"(stopped|cancelled)",
	),
	"plugins.ml_commons.remote_job.status_regex.cancelling": text(
		"(stopping|cancelling)",
	),
	"plugins.ml_commons.remote_job.status_regex.completed": text(
		"(complete|completed|partiallyCompleted)",
	),
	"plugins.ml_commons.remote_job.status_regex.expired":
		text("(expired|timeout)"),
	"plugins.ml_commons.remote_job.status_regex.failed": text("(failed)"),
	"plugins.ml_commons.remote_metadata_endpoint": text("", final),
	"plugins.ml_commons.remote_metadata_global_resource_cache_ttl": text(
		"",
		final,
	),
	"plugins.ml_commons.remote_metadata_region": text("", final),
	"plugins.ml_commons.remote_metadata_service_name": text("", final),
	"plugins.ml_commons.remote_metadata_type": text("", final),
	"plugins.ml_commons.stream_enabled": flag(false),
	"plugins.ml_commons.sync_up_job_interval_in_seconds": count(10, {
		minimum: 0,
		maximum: 86_400,
	}),
	"plugins.ml_commons.task_dispatch_policy": text("round_robin"),
	"plugins.ml_commons.task_dispatcher.eligible_node_role.local_model": list([
		"data",
		"ml",
	]),
	"plugins.ml_commons.task_dispatcher.eligible_node_role.remote_model": list([
		"data",
		"ml",
	]),
	"plugins.ml_commons.trusted_connector_endpoints_regex":
		list(trustedConnectors),
	"plugins.ml_commons.unified_agent_api_enabled": flag(false),
	"plugins.neural_search.circuit_breaker.limit": Type.String({
		default: "10%",
		form: "memory",
	}),
	"plugins.neural_search.circuit_breaker.overhead": Type.Number({
		default: 1,
		minimum: 0,
	}),
	"plugins.neural_search.reranker_max_document_fields": count(50, {}, atStart),
	"plugins.neural_search.sparse.algo_param.index_thread_qty": count(1, {
		minimum: 1,
		maximum: 1_024,
	}),
	"plugins.neural_search.stats_enabled": flag(false),
});

/** The cluster settings in force, each in its own type. */
export type ClusterSettings = Static<typeof ClusterSettingsSchema>;

export type ClusterSettingName = keyof ClusterSettings;

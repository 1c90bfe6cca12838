import { type Call, get, put, type Topic } from "../call.ts";

const path = "/_cluster/settings";
const ours = "filter_path=*.plugins.ml_commons,*.plugins*ml_commons*";

function change(
	name: string,
	settings: Readonly<Record<string, unknown>>,
	kind: "persistent" | "transient" = "persistent",
): Call {
	return put(name, path, { body: { [kind]: settings } });
}

const key = (name: string) => `plugins.ml_commons.${name}`;
const one = key("max_model_on_node");

/** Values of one setting: those that it takes, and those that it refuses. */
function values(name: string, list: readonly unknown[]): Call[] {
	return list.map((value) =>
		change(`${name} ${JSON.stringify(value)}`, { [key(name)]: value }),
	);
}

const reset = change("reset", { [key("*")]: null });

/** `plugins.ml_commons.*` in the cluster's settings, alone and among OpenSearch's own. */
export const settingsTopic: Topic = {
	name: "settings",
	scenarios: [
		{
			name: "changes",
			calls: [
				change("persistent", { [one]: 7 }),
				change("transient", { [one]: 8 }, "transient"),
				get("get", `${path}?${ours}`),
				get("get flat", `${path}?flat_settings=true&${ours}`),
				put("changes flat", `${path}?flat_settings=true`, {
					body: { persistent: { [one]: "9" } },
				}),
				put("both kinds", path, {
					body: {
						persistent: { [key("monitoring_request_count")]: 50 },
						transient: { [key("monitoring_request_count")]: 60 },
					},
				}),
				put("nested", path, {
					body: {
						persistent: {
							plugins: { ml_commons: { max_ml_task_per_node: 5 } },
						},
					},
				}),
				put("among core settings", path, {
					body: {
						persistent: {
							[key("enable_inhouse_python_model")]: true,
							"search.max_buckets": 70_000,
						},
					},
				}),
				get("get all of both", `${path}?flat_settings=true`),
				put("null", path, { body: { transient: { [one]: null } } }),
				put("null by wildcard", path, {
					body: {
						persistent: { [key("*")]: null, "search.max_buckets": null },
						transient: { [key("*")]: null },
					},
				}),
				get("get after null", path),
				change("null of what is not set", { [one]: null }),
			],
		},
		{
			name: "refused",
			calls: [
				change("unknown", { [key("magic")]: 1 }),
				change("unknown transient", { [key("magic")]: 1 }, "transient"),
				change("unknown, nearly right", { [key("max_model_on_nod")]: 1 }),
				change("unknown null", { [key("magic")]: null }),
				change("two unknown", { [key("magic")]: 1, [key("more")]: 2 }),
				change("known and unknown", { [one]: 7, [key("magic")]: 1 }),
				get("neither is taken", `${path}?flat_settings=true`),
				...values("max_model_on_node", ["x", -1, 10_001, 1.5]),
				...values("max_register_model_tasks_per_node", [11, -1]),
				...values("only_run_on_ml_node", ["x", 1, "TRUE"]),
				...values("task_dispatch_policy", ["magic", "LEAST_LOAD"]),
				...values("native_memory_threshold", [101]),
				...values("jvm_heap_memory_threshold", [-1]),
				...values("sync_up_job_interval_in_seconds", [-1, 86_401]),
				...values("ml_task_timeout_in_seconds", [0]),
				...values("trusted_url_regex", ["("]),
				...values("disk_free_space_threshold", ["x", "5"]),
				...values("monitoring_request_count", [-1]),
				change("known and a bad core setting", {
					[one]: 7,
					"search.max_buckets": "x",
				}),
				change("known and an unknown core setting", { [one]: 7, magic: 1 }),
				get("none of them is taken", `${path}?flat_settings=true`),
				put("without a body", path),
				put("not JSON", path, { body: "M1" }),
				put("an empty object", path, { body: {} }),
				put("an empty change", path, { body: { persistent: {} } }),
				put("an unknown kind", path, { body: { magic: { [one]: 1 } } }),
				put("persistent a string", path, { body: { persistent: "x" } }),
			],
		},
		{
			name: "values that are taken",
			calls: [
				...values("max_model_on_node", ["7", 0, 10_000]),
				...values("only_run_on_ml_node", [false, "false"]),
				...values("task_dispatch_policy", ["round_robin", "least_load"]),
				...values("trusted_url_regex", ["^https://"]),
				...values("disk_free_space_threshold", ["1gb", "-1"]),
				...values("exclude_nodes._name", ["a,b"]),
				...values("task_dispatcher.eligible_node_role.local_model", [
					["data"],
					"data,ml",
				]),
				...values("safe_delete_model", [true]),
				...values("model_auto_redeploy_success_ratio", [0.5]),
				...values("allow_custom_deployment_plan", ["true"]),
				get("get", `${path}?${ours}`),
				get("get flat", `${path}?flat_settings=true`),
				put("null by wildcard", path, {
					body: { persistent: { "plugins.ml_commons.*": null } },
				}),
			],
		},
		{
			name: "defaults",
			calls: [
				get("all", `${path}?include_defaults=true&${ours}`),
				get(
					"all flat",
					`${path}?include_defaults=true&flat_settings=true&filter_path=defaults.plugins*ml_commons*`,
				),
				change("a change", { [one]: 7 }),
				get(
					"a changed one is no default",
					`${path}?include_defaults=true&filter_path=*.plugins.ml_commons.max_model_on_node`,
				),
				reset,
				get("get as YAML", `${path}?format=yaml`),
				get("get pretty", `${path}?pretty`, { asText: true }),
				put("a change, pretty", `${path}?pretty`, {
					asText: true,
					body: { persistent: { [one]: 7 } },
				}),
				put(
					"null, with timeouts",
					`${path}?timeout=5s&cluster_manager_timeout=5s`,
					{
						body: { persistent: { [one]: null } },
					},
				),
				put("unknown parameter", `${path}?magic=1`, {
					body: { persistent: { [one]: null } },
				}),
			],
		},
	],
};
